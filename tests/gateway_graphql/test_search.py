"""Search: messages by their words, leads and conversations by any part of what is known of them."""

from collections.abc import Iterator
from itertools import chain
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.organization import Organization

SEARCH = (
    "query ($q: String!, $id: ID, $first: Int, $after: String, $last: Int, $before: String) "
    "{ searchMessages(query: $q, conversationId: $id, first: $first, after: $after, last: $last, before: $before) "
    "{ totalCount nodes { content } edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"
)
TEXTS = [
    "Guten Tag, ich möchte einen Termin am Freitag",
    "How much is a haircut with colour?",
    "A hair cut on Friday, please",
    "Mail me at jane.doe@example.com or call +49 123 456",
    "l'été: it's O'Brien's well-known place, see https://example.com/a?b=c",
    "100% \\ backslash & | ! ( ) : * < > '",
]


@pytest.fixture(scope="module")
def talk(connection: psycopg.Connection, gateway_url: str) -> Iterator[Organization]:
    """An organization that said these texts, and another that said them too."""
    with Organization(connection, gateway_url) as other, Organization(connection, gateway_url) as organization:
        for each in (other, organization):
            conversation = each.conversation()
            for text in TEXTS:
                each.message(conversation, text)
        yield organization


def found(organization: Organization, query: str, **variables: Any) -> list[str]:
    nodes = organization.graphql(SEARCH, q=query, **variables)["searchMessages"]["nodes"]
    return [node["content"] for node in nodes]


def test_the_organizations_own_id_is_no_word_of_its_messages(organization: Organization) -> None:
    id, conversation = str(organization.id), organization.conversation()
    begun = f"room_{id[0]}"  # two words, looked for as a phrase: the second may be a beginning
    for text in ("Guten Tag", begun):
        organization.message(conversation, text)
    assert found(organization, begun) == [begun]
    assert found(organization, id[0]) == [begun]
    for searched in (id[:3], id[:8], id):
        assert found(organization, searched) == []


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("haircut", [1]),
        ("HAIRCUT colour", [1]),
        ("haircut friday", []),
        ("colour hairc", [1]),
        ("hairc colour", []),
        ("hair", [2, 1]),
        ('"hair cut"', [2]),
        ('"cut hair"', []),
        ('"hair"', [2]),
        ('"hair cut" frid', [2]),
        ('"hair cu', []),
        ("möch", [0]),
        ("MÖCHTE", [0]),
        ("o'brien", [4]),
        ("well-known", [4]),
        ("jane.doe@example.com", [3]),
        ("backslash \\", [5]),
        ("100%", [5]),
        ("", []),
        ("   ", []),
        ("!", []),
        ('""', []),
        ("&", []),
    ],
)
def test_words(talk: Organization, query: str, expected: list[int]) -> None:
    assert found(talk, query) == [TEXTS[place] for place in expected]


def test_in_one_conversation(organization: Organization, stranger: Organization) -> None:
    one, two = organization.conversation(), organization.conversation()
    for conversation in (one, two):
        organization.message(conversation, f"hello {conversation}")
    assert found(organization, "hello", id=str(one)) == [f"hello {one}"]
    assert found(stranger, "hello", id=str(one)) == []
    (error,) = organization.graphql_errors(SEARCH, q="hello", id="x")
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}


def test_the_organizations_id_is_no_word_of_it(talk: Organization) -> None:
    assert found(talk, str(talk.id)) == []
    assert found(talk, f'"{talk.id}"') == []


def test_pages_both_ways(organization: Organization) -> None:
    conversation = organization.conversation()
    for n in range(12):
        organization.message(conversation, f"word {n}", created_at=f"2026-03-0{1 + n // 4}T00:00:00Z")
    newest_first = [f"word {n}" for n in reversed(range(12))]
    assert found(organization, "word") == newest_first
    for sizes, step in (({"first": 5}, "after"), ({"last": 5}, "before")):
        pages: list[list[str]] = []
        cursor = None
        while len(pages) < 5:
            page = organization.graphql(SEARCH, q="wor", **sizes, **{step: cursor})["searchMessages"]
            pages.append([node["content"] for node in page["nodes"]])
            assert page["totalCount"] == 12
            cursor = page["pageInfo"]["endCursor" if step == "after" else "startCursor"]
            if not page["pageInfo"]["hasNextPage" if step == "after" else "hasPreviousPage"]:
                break
        walked = pages if step == "after" else pages[::-1]
        assert [*chain.from_iterable(walked)] == newest_first


def test_sizes(talk: Organization) -> None:
    assert found(talk, "hair", first=0) == []
    for sizes in ({"first": 501}, {"first": -1}, {"first": 1, "last": 1}, {"after": "x"}):
        (error,) = talk.graphql_errors(SEARCH, q="hair", **sizes)
        assert error["extensions"] == {"code": "BAD_USER_INPUT"}


@pytest.mark.parametrize("scope", ["leads:read", ""])
def test_without_the_scope(talk: Organization, scope: str) -> None:
    with talk.client(scope=scope) as client:
        body = client.post("/graphql", json={"query": SEARCH, "variables": {"q": "hair"}}).json()
    assert body["errors"][0]["extensions"] == {"code": "FORBIDDEN"}


_ODD = st.text(alphabet=st.sampled_from("ab \"'\\&|!():*<>%_-@./\n\u2003ßİ\u0131Σςé😀\u0301\ud83d"[:-1]), max_size=40)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    query=st.one_of(
        _ODD, st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=300)
    )
)
def test_any_text_may_be_searched_for(talk: Organization, query: str) -> None:
    body = talk.http.post(
        "/graphql",
        json={
            "query": "query ($q: String!) { searchMessages(query: $q) { nodes { id } } "
            "leads(filter: {search: $q}) { nodes { id } } conversations(filter: {search: $q}) { nodes { id } } }",
            "variables": {"q": query},
        },
    ).json()
    assert "errors" not in body, query


@pytest.mark.parametrize(
    "field", ["searchMessages(query: $q)", "leads(filter: {search: $q})", "conversations(filter: {search: $q})"]
)
@pytest.mark.parametrize("query", ["x" * 5000, "a " * 20_000, '"' * 5000, "\0", "'" * 3000, "ab\\" * 3000])
def test_what_is_too_odd_is_the_callers_fault(talk: Organization, field: str, query: str) -> None:
    body = talk.http.post(
        "/graphql", json={"query": f"query ($q: String!) {{ {field} {{ totalCount }} }}", "variables": {"q": query}}
    ).json()
    codes = {error["extensions"]["code"] for error in body.get("errors", [])}
    assert codes <= {"BAD_USER_INPUT"}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.text(alphabet="aAbBäÄßİ\u0131IiΣ\u03c3ς%_\\'\" 1-@.", min_size=1, max_size=12).filter(str.strip),
    cut=st.tuples(st.integers(0, 11), st.integers(1, 12)),
)
def test_any_part_finds_it(organization: Organization, name: str, cut: tuple[int, int]) -> None:
    id = organization.lead(name=name)
    part = name[cut[0] : cut[0] + cut[1]] or name
    query = "query ($q: String!) { leads(filter: {search: $q}, first: 100) { nodes { id } } }"
    assert str(id) in {node["id"] for node in organization.graphql(query, q=part)["leads"]["nodes"]}


@pytest.mark.parametrize("column", ["name", "email", "phone", "company"])
@pytest.mark.parametrize("part", ["A", "ax", "axi", "maxim", "AXIM"])
def test_of_leads(organization: Organization, stranger: Organization, column: str, part: str) -> None:
    values = {"name": "-", column: "x maximus 7"}
    id = organization.lead(**values)
    organization.lead(name="-")
    stranger.lead(**values)
    listed = organization.graphql(
        "query ($q: String) { leads(filter: {search: $q}) { nodes { id } totalCount } }", q=part
    )
    assert listed == {"leads": {"nodes": [{"id": str(id)}], "totalCount": 1}}


@pytest.mark.parametrize("column", ["name", "email", "phone", "session_key"])
@pytest.mark.parametrize("part", ["M", "ax", "Maxim"])
def test_of_conversations(organization: Organization, stranger: Organization, column: str, part: str) -> None:
    for each in (organization, stranger):
        lead = each.lead(
            name="-" if column != "name" else "maximus", **({column: "maximus"} if column in {"email", "phone"} else {})
        )
        id = each.conversation(lead, session_key="maximus" if column == "session_key" else "-")
        if each is organization:
            own = id
    organization.conversation(organization.lead(name="-", company="maximus"), session_key="-")
    listed = organization.graphql(
        "query ($q: String) { conversations(filter: {search: $q}) { nodes { id } totalCount } }", q=part
    )
    assert listed == {"conversations": {"nodes": [{"id": str(own)}], "totalCount": 1}}
