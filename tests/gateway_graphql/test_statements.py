"""How many statements a query costs: that follows its shape, never the number of rows."""

import pytest

from tests.support.counting import Count

INBOX = "query ($n: Int) { conversations(first: $n) { nodes { id lead { name } } } }"
INBOX_COUNTED = """query ($n: Int) {
  conversations(first: $n) { totalCount pageInfo { hasNextPage } nodes { id lead { name } } }
}"""
BOTH_EDGES_AND_NODES = """query ($n: Int) {
  conversations(first: $n) {
    edges { cursor node { lead { id } } } nodes { lead { name } } pageInfo { endCursor }
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
    same: conversations { nodes { sessionKey } }
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


@pytest.mark.parametrize("size", [2, 20])
@pytest.mark.parametrize(
    ("query", "statements"),
    [
        pytest.param(INBOX, 2, id="an inbox with its leads"),
        pytest.param(INBOX_COUNTED, 3, id="an inbox with its leads and its length"),
        pytest.param(BOTH_EDGES_AND_NODES, 2, id="edges and nodes are one page"),
        pytest.param(THREAD_OF_EACH, 2, id="the threads of an inbox"),
        pytest.param(THREE_LEVELS, 3, id="leads, conversations, messages"),
        pytest.param(THREE_LEVELS_COUNTED, 6, id="the same, each list counted"),
        pytest.param(LAST_MESSAGES, 2, id="last messages"),
        pytest.param(UP_AND_DOWN, 5, id="up and down again"),
        pytest.param(ALIASES, 6, id="aliases: what is the same is asked once, each other one for itself"),
        pytest.param(TWO_ROOTS, 3, id="two lists, one with leads"),
        pytest.param(ONLY_A_COUNT, 1, id="a count alone"),
        pytest.param(NOTHING, 0, id="nothing of the database"),
    ],
)
async def test_statements(count: Count, query: str, statements: int, size: int) -> None:
    assert (await count(query, n=size)).statements == statements


@pytest.mark.parametrize("size", [2, 20])
async def test_a_thread(count: Count, size: int) -> None:
    found = await count("{ conversations(first: 1, orderBy: {field: MESSAGE_COUNT}) { nodes { id } } }")
    answer = await count(
        """query ($id: ID!, $n: Int) { conversation(id: $id) {
            lead { name } messages(first: $n) { pageInfo { hasNextPage } nodes { content } }
        } }""",
        id=str(found.data["conversations"]["nodes"][0]["id"]),
        n=size,
    )
    assert answer.statements == 3
    assert len(answer.data["conversation"]["messages"]["nodes"]) == min(size, 12)


@pytest.mark.parametrize("size", [2, 20])
async def test_nodes_ask_each_table_once(count: Count, size: int) -> None:
    found = await count(
        """query ($n: Int) {
            leads(first: $n) { nodes { id conversations { nodes { id messages { nodes { id } } } } } }
        }""",
        n=size,
    )
    leads = found.data["leads"]["nodes"]
    conversations = [row for lead in leads for row in lead["conversations"]["nodes"]]
    messages = [row for conversation in conversations for row in conversation["messages"]["nodes"]]
    ids = [str(row["id"]) for row in [*leads[:5], *conversations[:5], *messages[:5]]]
    answer = await count(
        """query ($ids: [ID!]!) { nodes(ids: $ids) {
            id ... on Lead { name } ... on Conversation { lead { name } }
        } }""",
        ids=ids,
    )
    assert [str(row["id"]) for row in answer.data["nodes"]] == ids
    assert answer.statements == 4
