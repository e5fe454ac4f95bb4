"""Weight: the size of values as JSON, counted before they are written, and no further than a limit."""

from typing import Any

from orjson import Fragment

from gateway.database.errors import AnswerTooLarge
from gateway.database.tenant import Tenant
from gateway_graphql.answers import Answer, failed, to_json
from gateway_graphql.documents import Document


def bounded(answer: Answer, document: Document, tenant: Tenant) -> Answer:
    """Answer the same, or that it would be too large: aliases may repeat what was found once."""
    most = tenant.most_bytes
    if most and document.has_aliases and is_longer(answer.data, most):
        return failed(AnswerTooLarge(most))
    return answer


def is_longer(value: Any, most: int, *, item: int = 0, member: int = 0) -> bool:
    """Say whether texts and JSON in a value have more than so many characters.

    An `item` of a list and a `member` of an object count for as many besides.
    """
    rest = [value]
    while rest and most >= 0:
        value = rest.pop()
        if isinstance(value, str):
            most -= len(value)
        elif isinstance(value, dict):
            most -= member * len(value)
            rest += value.values()
        elif isinstance(value, list):
            most -= item * len(value)
            rest += value
        elif isinstance(value, Fragment):
            most -= len(to_json(value))
    return most < 0
