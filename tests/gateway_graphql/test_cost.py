"""Cost: the rows that an operation's page sizes ask for, told with the answer and bounded."""

from typing import Any

import pytest

from tests.support.organization import Organization

A_THREAD = "{ conversations(first: %d) { nodes { id messages(first: %d) { nodes { id } } } } }"


def cost(organization: Organization, query: str, **variables: object) -> Any:
    body = organization.http.post("/graphql", json={"query": query, "variables": variables}).json()
    return body["extensions"]["cost"]["requested"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("{ viewer { userId } }", 0),
        ("{ leads { totalCount } }", 20),
        ("{ leads(first: 0) { totalCount } }", 0),
        ("{ leads(last: 7) { nodes { id } } }", 7),
        ("{ leads(first: null, last: 7) { nodes { id } } }", 7),
        ('{ searchMessages(query: "a") { nodes { id } } }', 50),
        ("{ a: leads(first: 3) { nodes { id } } b: leads(first: 4) { nodes { id } } }", 7),
        (A_THREAD % (10, 5), 10 + 10 * 5),
        ("{ leads(first: 2) { nodes { conversations(first: 3) { nodes { messages(first: 4) { nodes { id } } } } } } }",
         2 + 2 * 3 + 2 * 3 * 4),
        ("{ leads(first: 2) { edges { node { conversations(first: 3) { totalCount } } } nodes { id } } }", 8),
        ('{ nodes(ids: ["a", "b", "c"]) { id } }', 3),
        ('{ nodes(ids: "a") { id } }', 1),
        ('{ nodes(ids: ["a", "b"]) { ... on Conversation { messages(first: 5) { totalCount } } } }', 12),
        ("{ ...F ...F } fragment F on Query { leads(first: 5) { totalCount } }", 5),
        (('{ a: conversation(id: "x") { ...F } b: conversation(id: "y") { ...F } } '
         "fragment F on Conversation { messages(first: 5) { totalCount } }"), 10),
        (("{ leads(first: 2) { nodes { ...F } } more: leads(first: 3) { nodes { ...F } } } "
         "fragment F on Lead { conversations(first: 10) { totalCount } }"), 2 + 20 + 3 + 30),
    ],
)  # fmt: skip
def test_is_what_the_page_sizes_ask_for(organization: Organization, query: str, expected: int) -> None:
    assert cost(organization, query) == expected


@pytest.mark.parametrize(
    ("variables", "expected"), [({}, 30), ({"n": 7}, 7), ({"n": None}, 20), ({"n": 0}, 0), ({"other": 1}, 30)]
)
def test_variables_count(organization: Organization, variables: dict[str, object], expected: int) -> None:
    query = "query ($n: Int = 30) { leads(first: $n) { totalCount } }"
    assert cost(organization, query, **variables) == expected


def test_variables_of_lists_count(organization: Organization) -> None:
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    assert cost(organization, query, ids=[str(n) for n in range(9)]) == 9


def test_the_actual_cost_is_told(organization: Organization) -> None:
    for _ in range(3):
        organization.message(organization.conversation())
    body = organization.http.post("/graphql", json={"query": A_THREAD % (10, 5)}).json()
    assert body["extensions"]["cost"] == {"requested": 60, "actual": 6, "statements": 2}


@pytest.mark.parametrize("size", [101, -1, 2**31 - 1])
def test_sizes_out_of_range_are_refused_by_their_field(organization: Organization, size: int) -> None:
    (error,) = organization.graphql_errors("query ($n: Int) { leads(first: $n) { totalCount } }", n=size)
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}
    assert error["path"] == ["leads"]


def test_a_hundred_conversations_with_fifty_messages_each_pass(organization: Organization) -> None:
    assert cost(organization, A_THREAD % (100, 50)) == 5100


def test_exactly_the_limit_passes_and_one_more_does_not(organization: Organization) -> None:
    most = "{ conversations(first: 20) { nodes { messages(first: 499) { nodes { id } } } } } "
    assert cost(organization, most) == 10_000
    more = most.replace("{ conversations", "{ leads(first: 1) { totalCount } conversations", 1)
    answer = organization.http.post("/graphql", json={"query": more})
    assert answer.json().keys() == {"errors"}
    (error,) = answer.json()["errors"]
    assert error["extensions"] == {"code": "QUERY_TOO_COMPLEX", "limit": "cost", "maximum": 10_000, "requested": 10_001}


def test_every_operation_of_a_document_has_its_own(organization: Organization) -> None:
    query = (
        "query A { leads(first: 1) { totalCount } } "
        "query B { leads(first: 100) { nodes { conversations(first: 100) { nodes { id } } } } }"
    )
    answer = organization.http.post("/graphql", json={"query": query, "operationName": "A"})
    assert answer.json()["extensions"]["cost"]["requested"] == 1
    answer = organization.http.post("/graphql", json={"query": query, "operationName": "B"})
    assert answer.json()["errors"][0]["extensions"]["requested"] == 10_100
