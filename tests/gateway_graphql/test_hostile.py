"""Documents and values that are made to cost much: each is refused by name, and soon."""

import time
from asyncio import gather
from base64 import urlsafe_b64encode
from typing import Any
from uuid import uuid4

import pytest

from gateway.auth import Viewer
from gateway.database.pool import Database
from gateway_graphql.context import Context
from gateway_graphql.documents import LONG, MOST_ERRORS, Documents, RequestErrors
from gateway_graphql.execution import Executor
from gateway_graphql.limits import Limits
from gateway_graphql.operation import Operation
from gateway_graphql.schema import schema
from tests.support.organization import Organization

SOON = 2.0
"""Seconds: far more than any of them takes, far less than they took unbounded."""


def ask(organization: Organization, query: str, **variables: object) -> dict[str, Any]:
    started = time.perf_counter()
    answer = organization.http.post("/graphql", json={"query": query, "variables": variables})
    assert time.perf_counter() - started < SOON
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json()
    return body


def error(body: dict[str, Any]) -> dict[str, Any]:
    extensions: dict[str, Any] = body["errors"][0]["extensions"]
    return extensions


def bomb(times: int, levels: int) -> str:
    fragments = []
    for level in range(levels):
        kind, field = ("Conversation", "lastMessage") if level % 2 == 0 else ("Message", "conversation")
        inner = f"...F{level + 1}" if level < levels - 1 else "id"
        selected = " ".join(f"{field} {{ {inner} }}" for _ in range(times))
        fragments.append(f"fragment F{level} on {kind} {{ {selected} }}")
    return "{ conversations(first: 1) { nodes { ...F0 } } }" + "\n".join(fragments)


@pytest.mark.parametrize(
    ("query", "limit"),
    [
        pytest.param(bomb(6, 8), "fields", id="fields that fragments multiply"),
        pytest.param("\n" * 50_000 + "{ viewer { nope } }", "lines", id="lines"),
        pytest.param("{" + " ".join(f"a{n}: __typename" for n in range(51)) + "}", "aliases", id="aliases"),
        pytest.param(
            "{" + " ".join(f"a{n}: __schema {{ description }}" for n in range(11)) + "}",
            "introspections",
            id="introspection again and again",
        ),
        pytest.param(
            "{ __schema { types { " + " ".join(f"a{n}: fields {{ name }}" for n in range(10)) + " } } }",
            "introspections",
            id="aliases within introspection",
        ),
        pytest.param(
            "{ a: __schema { description } b: __schema { description } viewer { userId } }",
            "introspections",
            id="introspection twice beside other fields",
        ),
    ],
)
def test_what_is_beyond_a_limit(organization: Organization, query: str, limit: str) -> None:
    found = error(ask(organization, query))
    assert found["code"] == "QUERY_TOO_COMPLEX"
    assert found["limit"] == limit
    assert found["requested"] > found["maximum"]


OVERLAPPING = {
    "fields": "{ conversations { nodes { " + "lead { id name } " * 330 + "} } }",
    "inline fragments": "{ conversations { nodes { " + "... { lead { id } } " * 230 + "} } }",
    "fragments": "{ conversations { nodes { "
    + " ".join(f"...F{n}" for n in range(150))
    + " } } }"
    + "".join(f" fragment F{n} on Conversation {{ lead {{ id }} }}" for n in range(150)),
    "a fragment that nobody spreads": "{ viewer { userId } } fragment F on Conversation { "
    + "lead { id } " * 390
    + "}",
    "fragments that nobody spreads, and that multiply": "{ viewer { userId } }"
    + "".join(
        f" fragment F{n} on Conversation {{ a: lead {{ ...G{n} }} b: lead {{ ...G{n} }} }}"
        f" fragment G{n} on Lead {{ c: conversations {{ ...H{n} }} d: conversations {{ ...H{n} }} }}"
        f" fragment H{n} on ConversationConnection {{ nodes {{ ...F{n + 1} }} }}"
        for n in range(25)
    )
    + " fragment F25 on Conversation { id }",
}


@pytest.mark.parametrize("query", OVERLAPPING.values(), ids=OVERLAPPING)
def test_fields_that_would_have_to_be_compared_with_each_other(organization: Organization, query: str) -> None:
    found = error(ask(organization, query))
    assert (found["code"], found["limit"]) == ("QUERY_TOO_COMPLEX", "overlaps")


def test_fields_may_stand_there_a_hundred_times(organization: Organization) -> None:
    query = (
        "{ conversations(first: 1) { nodes { ...F "
        + "lead { id } " * 100
        + "} } } fragment F on Conversation { lead { id } }"
    )
    assert ask(organization, query)["data"] == {"conversations": {"nodes": []}}


@pytest.mark.parametrize(
    ("query", "data"),
    [
        ("{ " + "__typename " * 1_998 + "}", {"__typename": "Query"}),
        ("{ viewer { " + "userId " * 1_995 + "} }", {"viewer": {"userId": "user-1"}}),
        (
            "{ viewer { ...F } } fragment F on Viewer { " + "userId __typename " * 900 + "}",
            {"viewer": {"userId": "user-1", "__typename": "Viewer"}},
        ),
    ],
    ids=["of the root", "of an object", "in a fragment"],
)
def test_plain_fields_may_be_repeated_as_often_as_tokens_allow(
    organization: Organization, query: str, data: dict[str, object]
) -> None:
    assert ask(organization, query)["data"] == data


def test_whole_floats_cost_what_integers_cost(organization: Organization) -> None:
    query = """query ($a: Int, $b: Int) {
        conversations(first: $a) { nodes { messages(first: $b) { nodes { id } } } }
    }"""
    assert error(ask(organization, query, a=100.0, b=500.0))["requested"] == 50_100


def test_a_list_that_is_a_default_costs_its_length(organization: Organization) -> None:
    ids = ", ".join(f'"{organization.id}"' for _ in range(100))
    query = f"""query ($i: [ID!]! = [{ids}]) {{
        nodes(ids: $i) {{ ... on Conversation {{ messages(first: 100) {{ nodes {{ id }} }} }} }}
    }}"""
    assert error(ask(organization, query))["requested"] == 10_100


def test_a_number_of_very_many_digits(organization: Organization) -> None:
    body = ask(organization, f"query ($x: ID = {'1' * 5000}) {{ node(id: $x) {{ id }} }}")
    assert error(body)["code"] in {"BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED"}


def test_very_many_wrong_values_are_not_all_told(organization: Organization) -> None:
    query = "query ($s: [ConversationStatus!]) { conversations(filter: { status: $s }) { totalCount } }"
    body = ask(organization, query, s=["ACTIVX"] * 20_000)
    assert len(body["errors"]) <= 51
    assert error(body)["code"] == "BAD_USER_INPUT"


def test_a_search_has_a_longest_length(organization: Organization) -> None:
    query = "query ($s: String) { leads(filter: { search: $s }) { totalCount } }"
    assert error(ask(organization, query, s="x" * 501))["code"] == "BAD_USER_INPUT"
    assert ask(organization, query, s="x" * 500)["data"] == {"leads": {"totalCount": 0}}


def test_an_event_s_cursor_of_other_things(organization: Organization) -> None:
    for parts in (b'["events",5,null,0]', b'["events",{},null,0]', b'["events","5:4:",null,0]', b'["events"]'):
        cursor = urlsafe_b64encode(parts).rstrip(b"=").decode()
        query = "subscription ($a: String) { messageAdded(after: $a) { cursor } }"
        answer = organization.http.post(
            "/graphql",
            json={"query": query, "variables": {"a": cursor}},
            headers={"Accept": "text/event-stream"},
        )
        assert "BAD_USER_INPUT" in answer.text


def test_a_lone_surrogate_in_metadata(organization: Organization) -> None:
    answer = organization.http.post(
        "/api/v1/leads",
        content=rb'{"name": "x", "metadata": {"a": "\ud800"}}',
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == 422


def test_nobody_learns_what_is_wrong_without_the_scope(organization: Organization) -> None:
    with organization.client(scope="") as client:
        for query in (
            "{ conversations(first: -1) { totalCount } }",
            '{ lead(id: "zz") { id } }',
            'mutation { updateConversationStatus(input: {id: "zz", status: ACTIVE}) { userErrors { code } } }',
        ):
            assert error(client.post("/graphql", json={"query": query}).json())["code"] == "FORBIDDEN"
        assert client.get("/api/v1/conversations?page=0").status_code == 403
        assert client.patch("/api/v1/leads/zz", json={}).status_code == 403


async def test_a_long_document_is_read_once_for_all_who_ask_at_once() -> None:
    documents, text = Documents(schema, Limits()), f"{{ viewer {{ {'userId ' * LONG} }} }}"
    read = await gather(*(documents.read(text, None) for _ in range(20)))
    assert documents.misses == 1
    assert documents.known(text) is read[0]
    assert len(set(map(id, read))) == 1


async def test_who_waits_for_the_documents_of_others_is_told_in_time() -> None:
    execute = Executor(schema, limits=Limits(seconds=0.2))
    others = execute.documents._reader.submit(time.sleep, 1)  # noqa: SLF001 (documents that take so long would be many)
    context = Context(Viewer("user-1", uuid4(), frozenset(), 0.0), Database("", size=1, timeout=1, statement_timeout=1))
    answer = await execute(Operation(f"{{ viewer {{ {'userId ' * LONG} }} }}"), context)
    assert [error["extensions"]["code"] for error in answer.errors or []] == ["TIMEOUT"]
    assert not others.done()


def test_very_many_faults_are_not_all_told(organization: Organization) -> None:
    members = " ".join(f"a{number}: {number}" for number in range(400))
    errors = ask(organization, f"{{ leads(filter: {{{members}}}) {{ totalCount }} }}")["errors"]
    assert len(errors) == MOST_ERRORS + 1
    assert {error["extensions"]["code"] for error in errors} == {"GRAPHQL_VALIDATION_FAILED"}


def test_a_document_has_a_longest_length() -> None:
    documents = Documents(schema, Limits(characters=20))
    refusal = documents("{ viewer { userId } }")
    assert isinstance(refusal, RequestErrors)
    assert refusal.errors[0].extensions == {
        "code": "QUERY_TOO_COMPLEX",
        "limit": "characters",
        "maximum": 20,
        "requested": 21,
    }
