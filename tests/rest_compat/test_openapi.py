"""The OpenAPI document: committed as it is made, served to everybody, and true to what it describes."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from graphql import parse, validate
from pydantic import TypeAdapter
from typer.testing import CliRunner

from gateway.cli import app
from gateway_graphql.schema import schema
from rest_compat.bodies import LeadChanges, NewLead, StatusUpdate
from rest_compat.examples import ANSWERS, BODIES
from rest_compat.openapi import openapi_document, openapi_json
from rest_compat.routes import CALLS, PREFIX
from tests.support.organization import Organization

COMMITTED = Path(__file__).parents[2] / "openapi.json"
DOCUMENT = openapi_document()
MODELS = dict(zip(BODIES, (StatusUpdate, NewLead, LeadChanges), strict=True))
OPERATIONS: dict[str, dict[str, Any]] = {
    operation["operationId"]: operation for methods in DOCUMENT["paths"].values() for operation in methods.values()
}


def test_the_committed_one_is_the_codes() -> None:
    assert COMMITTED.read_bytes() == openapi_json(), "run `make schema`"


def test_the_command_prints_and_checks_it(tmp_path: Path) -> None:
    runner = CliRunner()
    assert runner.invoke(app, ["openapi"]).stdout_bytes == openapi_json()
    assert runner.invoke(app, ["openapi", "--check", str(COMMITTED)]).exit_code == 0
    other = tmp_path / "other.json"
    other.write_text("{}\n")
    answer = runner.invoke(app, ["openapi", "--check", str(other)])
    assert answer.exit_code == 1
    assert f"{other} differs from the code's OpenAPI document" in answer.output


def test_it_is_public(gateway_url: str) -> None:
    answer = httpx.get(f"{gateway_url}/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == DOCUMENT


def test_every_call_is_described() -> None:
    assert DOCUMENT["openapi"].startswith("3.1")
    calls = {(PREFIX + path, method.lower()) for path, methods in CALLS.items() for method in methods}
    assert {(path, method) for path, methods in DOCUMENT["paths"].items() for method in methods} == calls
    for operation in OPERATIONS.values():
        assert operation["summary"]
        assert {"401", "403", "422", "429", "503"} <= operation["responses"].keys()


def test_every_reference_leads_somewhere() -> None:
    text = openapi_json().decode()
    names = {part.split('"')[0] for part in text.split('"$ref": "#/components/')[1:]}
    assert names
    for name in names:
        kind, _, each = name.partition("/")
        assert each in DOCUMENT["components"][kind]


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_what_replaces_a_call_fits_the_schema(operation: dict[str, Any]) -> None:
    document = parse(operation["x-graphql-operation"])
    assert len(document.definitions) == 1
    assert validate(schema._schema, document) == []  # noqa: SLF001 (Strawberry shows no other way to graphql-core's)


@pytest.mark.parametrize(("name", "model"), MODELS.items())
def test_examples_of_bodies_are_taken(name: str, model: type) -> None:
    assert TypeAdapter[Any](model).validate_python(BODIES[name])


def test_examples_have_the_fields_that_answers_have(organization: Organization) -> None:
    conversation_id = organization.conversation(lead_id := organization.lead())
    organization.message(conversation_id)
    paths = {
        "list_conversations": "conversations",
        "get_conversation": f"conversations/{conversation_id}",
        "get_messages": f"conversations/{conversation_id}/messages",
        "list_leads": "leads",
        "get_lead": f"leads/{lead_id}",
    }
    for name, path in paths.items():
        assert shape(organization.http.get(f"/api/v1/{path}").json()) == shape(ANSWERS[name])


def shape(value: object) -> object:
    """Names within names. Of lists, the first; what metadata holds is the clients' own."""
    match value:
        case dict():
            return [(name, None if name == "metadata" else shape(each)) for name, each in value.items()]
        case [first, *_] if isinstance(first, dict):
            return [shape(first)]
    return None


def test_it_is_json_with_an_end_of_line() -> None:
    assert json.loads(openapi_json()) == DOCUMENT
    assert openapi_json().endswith(b"}\n")
