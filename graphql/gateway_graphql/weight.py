"""Weight: the size of an answer in which aliases repeat data, checked before it is written."""

from typing import Any

from orjson import Fragment

from gateway.database.errors import AnswerTooLarge
from gateway.database.tenant import Tenant
from gateway_graphql.answers import Answer, failed, to_json
from gateway_graphql.documents import Document


def bounded(answer: Answer, document: Document, tenant: Tenant) -> Answer:
    """Answer the same, or that it would be too large."""
    most = tenant.most_bytes
    if most and document.has_aliases and _is_longer(answer.data, most):
        return failed(AnswerTooLarge(most))
    return answer


def _is_longer(data: Any, most: int) -> bool:
    """Say whether texts and JSON in it have more characters than so many. Counts no further."""
    rest = [data]
    while rest and most >= 0:
        value = rest.pop()
        if isinstance(value, str):
            most -= len(value)
        elif isinstance(value, dict):
            rest += value.values()
        elif isinstance(value, list):
            rest += value
        elif isinstance(value, Fragment):
            most -= len(to_json(value))
    return most < 0
