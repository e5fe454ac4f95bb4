"""docs/migration.md: a section for each call, with the document that replaces it and what `Prefer: graphql` answers."""

import json
import re
import shlex
from itertools import pairwise
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from rest_compat.routes import CALLS, PREFIX
from tests.support.organization import Organization
from tests.support.snippets import snippets

GUIDE = Path(__file__).parents[2] / "docs" / "migration.md"
TEXT = GUIDE.read_text(encoding="utf-8")
EVERY_CALL = {f"{method} {PREFIX}{path}": call for path, calls in CALLS.items() for method, call in calls.items()}
HEADINGS = {
    TEXT[: found.start()].count("\n") + 1: found[1] for found in re.finditer(r"^## `(.+)`$", TEXT, re.MULTILINE)
}


def test_every_call_has_its_section() -> None:
    assert sorted(HEADINGS.values()) == sorted(EVERY_CALL)


@pytest.mark.parametrize("name", EVERY_CALL)
def test_what_replaces_it_is_the_codes(organization: Organization, conversation_id: UUID, name: str) -> None:
    token = organization.http.headers["Authorization"].removeprefix("Bearer ")
    given = {"CONVERSATION": conversation_id, "LEAD": organization.lead(), "TOKEN": token}
    start = next(line for line, heading in HEADINGS.items() if heading == name)
    end = min((line for line in HEADINGS if line > start), default=TEXT.count("\n"))
    curl, operation = [each for each in snippets(GUIDE) if start < each.block.line < end]
    assert operation.block.text == EVERY_CALL[name].successor.document
    command = filled(curl.block.text, given).replace("http://127.0.0.1:8000", organization.url)
    answer = organization.http.send(sent(command))
    assert answer.json()["variables"] == json.loads(filled(operation.variables or "", given))


def filled(text: str, given: dict[str, object]) -> str:
    """A snippet with values for its variables."""
    return re.sub(r"\$([A-Z]+)\b", lambda found: str(given[found[1]]), text)


def sent(command: str) -> httpx.Request:
    """What a curl command sends, with the wish for GraphQL."""
    _, *words = shlex.split(command)
    options = dict(pairwise(words))
    [url] = [word for word in words if word.startswith("http")]
    headers = dict(word.split(": ") for name, word in pairwise(words) if name == "-H")
    body = options.get("-d")
    return httpx.Request(
        options.get("-X", "POST" if body else "GET"), url, headers={**headers, "Prefer": "graphql"}, content=body
    )
