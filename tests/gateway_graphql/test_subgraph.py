"""The Federation 2 subgraph: entities by their keys, for whom, in how many statements; only where it is asked for."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from graphql import build_schema

from gateway.settings import Settings
from gateway_graphql import subgraph
from tests.support.organization import SECRET, Organization
from tests.support.server import serving

ENTITIES = """query ($of: [_Any!]!) { _entities(representations: $of) { __typename
    ... on Lead { id name } ... on Conversation { id lead { name } } ... on Message { id content } } }"""


@pytest.fixture(scope="module", params=[True, False], ids=["compiled", "graphql-core"])
def subgraph_url(database_url: str, request: pytest.FixtureRequest) -> Iterator[str]:
    settings = Settings(
        database_url=database_url, jwt_secret=SECRET, federation=True, compiled=request.param, _env_file=None
    )
    with serving(settings) as url:
        yield url


@pytest.fixture
def federated(connection: psycopg.Connection, subgraph_url: str) -> Iterator[Organization]:
    with Organization(connection, subgraph_url) as organization:
        yield organization


def ask(client: httpx.Client, *representations: object) -> dict[str, Any]:
    asked = {"query": ENTITIES, "variables": {"of": representations}}
    body: dict[str, Any] = client.post("/graphql", json=asked).json()
    return body


def of(type_: str, id: object, **others: object) -> dict[str, object]:
    return {"__typename": type_, "id": str(id), **others}


def test_each_type_is_one_statement_and_the_order_is_kept(federated: Organization) -> None:
    leads = [federated.lead(name=f"Lead {n}") for n in range(5)]
    conversation = federated.conversation(leads[0])
    message = federated.message(conversation, "Hello")
    asked = [
        *(of("Lead", id) for id in leads),
        of("Message", message),
        of("Lead", leads[1]),
        of("Conversation", conversation, status="left to others"),
    ]
    body = ask(federated.http, *asked)
    assert body["data"]["_entities"] == [
        *({"__typename": "Lead", "id": str(id), "name": f"Lead {n}"} for n, id in enumerate(leads)),
        {"__typename": "Message", "id": str(message), "content": "Hello"},
        {"__typename": "Lead", "id": str(leads[1]), "name": "Lead 1"},
        {"__typename": "Conversation", "id": str(conversation), "lead": {"name": "Lead 0"}},
    ]
    # Three types, and the leads of the conversations.
    assert body["extensions"]["cost"]["statements"] == 4
    assert body["extensions"]["cost"]["requested"] == 8


def test_nothing_asked_is_nothing_answered(federated: Organization) -> None:
    body = ask(federated.http)
    assert (body["data"], body["extensions"]["cost"]["statements"]) == ({"_entities": []}, 0)


def test_a_key_may_be_written_in_the_document(federated: Organization) -> None:
    lead = federated.lead(name="Ada")
    query = """query ($id: ID!) {
        _entities(representations: [{__typename: "Lead", id: $id}]) { ... on Lead { name } } }"""
    assert federated.graphql(query, id=str(lead)) == {"_entities": [{"name": "Ada"}]}


def test_another_organization_s_and_what_is_missing(federated: Organization, stranger: Organization) -> None:
    conversation = federated.conversation()
    body = ask(
        federated.http,
        of("Lead", stranger.lead()),
        of("Lead", uuid4()),
        of("Lead", conversation),
        of("Conversation", conversation),
    )
    assert "errors" not in body
    assert [each and each["id"] for each in body["data"]["_entities"]] == [None, None, None, str(conversation)]


NO_KEYS: list[object] = [
    {}, [], "Lead", 7, of("Viewer", uuid4()), of("Node", uuid4()), {"__typename": "Lead"}, {"id": str(uuid4())},
    {"__typename": "Lead", "id": 7}, {"__typename": ["Lead"], "id": str(uuid4())},
]  # fmt: skip
NO_KEY = "`representations[1]` must have the `__typename` and the `id` of a conversation, lead or message."


@pytest.mark.parametrize(
    ("malformed", "message"),
    [(of("Lead", "x"), "`representations[1].id` is not a UUID."), *((each, NO_KEY) for each in NO_KEYS)],
)
def test_a_malformed_one_fails_alone(federated: Organization, malformed: object, message: str) -> None:
    lead = federated.lead()
    body = ask(federated.http, of("Lead", lead), malformed, of("Lead", lead))
    assert [each and each["id"] for each in body["data"]["_entities"]] == [str(lead), None, str(lead)]
    (error,) = body["errors"]
    assert (error["path"], error["message"]) == (["_entities", 1], message)
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}


@pytest.mark.parametrize("representations", [None, [None], ()])
def test_what_is_no_list_of_keys_is_refused(federated: Organization, representations: object) -> None:
    variables = {} if representations == () else {"of": representations}
    body = federated.http.post("/graphql", json={"query": ENTITIES, "variables": variables}).json()
    assert {error["extensions"]["code"] for error in body["errors"]} == {"BAD_USER_INPUT"}


def test_scopes(federated: Organization) -> None:
    lead = federated.lead()
    conversation = federated.conversation(lead)
    keys = [of("Conversation", conversation), of("Lead", lead), of("Lead", uuid4())]
    with federated.client(scope="conversations:read") as client:
        body = ask(client, *keys)
    # What hangs on an answer comes with it; what is asked for needs its scope, whether it is there or not.
    assert [each and each["id"] for each in body["data"]["_entities"]] == [str(conversation), None, None]
    assert [(error["path"], error["extensions"]) for error in body["errors"]] == [
        (["_entities", at], {"code": "FORBIDDEN"}) for at in (1, 2)
    ]
    assert body["extensions"]["cost"]["statements"] == 2


def test_no_token(federated: Organization) -> None:
    for query in (ENTITIES, "{ _service { sdl } }"):
        asked = {"query": query, "variables": {"of": [of("Lead", uuid4())]}}
        assert httpx.post(f"{federated.url}/graphql", json=asked).status_code == 401


def test_more_than_an_operation_may_cost(federated: Organization) -> None:
    body = ask(federated.http, *[of("Lead", uuid4())] * 10_001)
    (error,) = body["errors"]
    assert error["extensions"] == {
        "code": "QUERY_TOO_COMPLEX", "limit": "cost", "maximum": 10_000, "requested": 10_001,
    }  # fmt: skip


def test_the_service_tells_its_sdl(federated: Organization) -> None:
    sdl = federated.graphql("{ _service { sdl } }")["_service"]["sdl"]
    assert sdl == subgraph.sdl()
    assert sdl.count('implements Node @key(fields: "id") {') == 3
    assert "_entities(" in sdl
    # Without Federation's own, it is the schema that everybody sees.
    assert build_schema(sdl, assume_valid_sdl=True).get_type("Lead") is not None


def test_it_is_off_unless_it_is_asked_for(organization: Organization) -> None:
    for query in (ENTITIES, "{ _service { sdl } }"):
        (error, *_) = organization.graphql_errors(query, of=[])
        assert error["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
