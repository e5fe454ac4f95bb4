"""How many statements a query costs: that follows its shape, never the number of rows."""

from typing import Any

import pytest

from tests.support.organization import Organization

INBOX = "query ($n: Int) { conversations(first: $n) { nodes { id lead { name } } } }"
INBOX_COUNTED = """query ($n: Int) {
  conversations(first: $n) { totalCount pageInfo { hasNextPage } nodes { id lead { name } } }
}"""
BOTH_EDGES_AND_NODES = """query ($n: Int) {
  conversations(first: $n) {
    edges { cursor node { id } } nodes { lead { name } } pageInfo { endCursor }
  }
}"""
THREAD_OF_EACH = """query ($n: Int) {
  conversations(first: $n) { nodes { messages(last: $n, role: USER) { nodes { content } } } }
}"""
THREE_LEVELS = """query ($n: Int) {
  leads(first: $n) { nodes { conversations(first: 5) { nodes { messages(first: 10) { nodes { id } } } } } }
}"""
THREE_LEVELS_COUNTED = """query ($n: Int) {
  leads(first: $n) { totalCount nodes {
    conversations(first: 5) { totalCount nodes {
      messages(first: 10) { totalCount edges { cursor node { id } } nodes { id } pageInfo { hasNextPage } }
    } }
  } }
}"""
LAST_MESSAGES = "query ($n: Int) { conversations(first: $n) { nodes { lastMessage { content } } } }"
UP_AND_DOWN = """query ($n: Int) {
  conversations(first: $n) { nodes {
    lastMessage { conversation { lead { conversations { nodes { id } } } } }
  } }
}"""
ALIASES = """query ($n: Int) {
  leads(first: $n) { nodes {
    all: conversations { nodes { id } }
    some: conversations(first: 3) { nodes { sessionKey } }
    active: conversations(filter: {status: [ACTIVE]}) { totalCount nodes { ...Whose } }
    oldest: conversations(first: 1, orderBy: {direction: ASC}) { edges { node { id } } }
  } }
}
fragment Whose on Conversation { id lead { name } }"""
TWO_ROOTS = """query ($n: Int) {
  a: conversations(first: $n) { nodes { lead { name } } }
  b: conversations(last: $n) { nodes { sessionKey } }
}"""
ONLY_A_COUNT = "{ conversations { totalCount } }"
NOTHING = "{ conversations { __typename } viewer { userId } }"


def counted(organization: Organization, query: str, **variables: object) -> tuple[dict[str, Any], int]:
    """Run a query, which must succeed: its data, and how many statements it says it took."""
    request = {"query": query, "variables": variables}
    body = organization.http.post("/graphql", json=request).json()
    assert "errors" not in body, body["errors"]
    return body["data"], body["extensions"]["cost"]["statements"]


@pytest.mark.parametrize("size", [2, 20])
@pytest.mark.parametrize(
    ("query", "statements"),
    [
        pytest.param(INBOX, 2, id="an inbox with its leads"),
        pytest.param(INBOX_COUNTED, 3, id="an inbox with its leads and its length"),
        pytest.param(BOTH_EDGES_AND_NODES, 2, id="edges and nodes are one page"),
        pytest.param(THREAD_OF_EACH, 2, id="the threads of an inbox"),
        pytest.param(THREE_LEVELS, 3, id="leads, conversations, messages"),
        pytest.param(THREE_LEVELS_COUNTED, 5, id="the same, each list counted: messages are counted already"),
        pytest.param(LAST_MESSAGES, 2, id="last messages"),
        pytest.param(UP_AND_DOWN, 5, id="up and down again"),
        pytest.param(ALIASES, 7, id="aliases: each asks for itself"),
        pytest.param(TWO_ROOTS, 3, id="two lists, one with leads"),
        pytest.param(ONLY_A_COUNT, 1, id="a count alone"),
        pytest.param(NOTHING, 0, id="nothing of the database"),
    ],
)
def test_statements(crowd: Organization, query: str, statements: int, size: int) -> None:
    assert counted(crowd, query, n=size)[1] == statements


@pytest.mark.parametrize("size", [2, 20])
def test_a_thread(crowd: Organization, size: int) -> None:
    longest = crowd.graphql(
        "{ conversations(first: 1, orderBy: {field: MESSAGE_COUNT}) { nodes { id messageCount } } }"
    )["conversations"]["nodes"][0]
    data, statements = counted(
        crowd,
        """query ($id: ID!, $n: Int) { conversation(id: $id) {
            lead { name } messages(first: $n) { pageInfo { hasNextPage } nodes { content } }
        } }""",
        id=longest["id"],
        n=size,
    )
    assert statements == 3
    assert len(data["conversation"]["messages"]["nodes"]) == min(size, longest["messageCount"])


@pytest.mark.parametrize("size", [2, 20])
def test_nodes_ask_each_table_once(crowd: Organization, size: int) -> None:
    found = crowd.graphql(
        """query ($n: Int) {
            leads(first: $n) { nodes { id } } conversations(first: $n) { nodes { id lastMessage { id } } }
        }""",
        n=size,
    )
    leads = [row["id"] for row in found["leads"]["nodes"]]
    conversations = [row["id"] for row in found["conversations"]["nodes"]]
    messages = [row["lastMessage"]["id"] for row in found["conversations"]["nodes"] if row["lastMessage"]]
    ids = [*leads, *conversations, *messages]
    data, statements = counted(
        crowd,
        """query ($ids: [ID!]!) { nodes(ids: $ids) {
            id ... on Lead { name } ... on Conversation { lead { name } }
        } }""",
        ids=ids,
    )
    assert [row["id"] for row in data["nodes"]] == ids
    assert statements == 4
