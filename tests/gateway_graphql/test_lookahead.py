"""What is asked for below a field comes along with it in one round trip, and is what it would be otherwise."""

from math import inf
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest

from gateway.auth import Scope, Viewer
from gateway.database.pool import Database
from gateway_graphql.answers import to_json
from gateway_graphql.context import Context
from gateway_graphql.execution import Executor
from gateway_graphql.operation import Operation
from gateway_graphql.schema import schema
from tests.support.organization import Organization

TWICE = """query ($id: ID!) {
  conversation(id: $id) {
    id lead { name }
    first: messages(first: 2) { nodes { content } pageInfo { hasNextPage endCursor } totalCount }
    last: messages(last: 1, role: USER) { edges { cursor node { content conversation { id } } } }
  }
  again: conversation(id: $id) { messages(first: 4) { nodes { content } } }
  lead: conversation(id: $id) { lead { id conversations { nodes { id } } } }
}"""
CONVERSATION = {
    "its own fields": ("{ id status }", 1, 1),
    "with its lead": ("{ id lead { name } }", 2, 1),
    "with messages": ("{ messages { nodes { id } } }", 2, 1),
    "a thread": ("{ id lead { name } messages(last: 3) { edges { cursor } pageInfo { endCursor } } }", 3, 1),
    "a count that is kept": ("{ messages { totalCount } }", 1, 1),
    "a count of its own": ("{ messages(role: USER) { totalCount } }", 2, 2),
    "two parts": ("{ messages { nodes { id } } users: messages(role: USER) { nodes { id } } }", 3, 2),
    "skipped": ("{ id lead @skip(if: true) { name } messages @include(if: false) { nodes { id } } }", 1, 1),
    "in fragments": ("{ ... { lead { name } ... on Conversation { messages { nodes { id } } } } }", 3, 1),
    "through its interface": ("{ ... on Node { ... on Conversation { lead { name } } } }", 2, 1),
}

LISTS = {
    "rows": ("{ conversations(first: 2) { nodes { id } } }", 1, 1),
    "a number": ("{ leads { totalCount } }", 1, 1),
    "rows and their number": ("{ leads(first: 2) { totalCount edges { cursor } pageInfo { hasNextPage } } }", 2, 1),
    "with leads": ("{ conversations { totalCount nodes { lead { name } } } }", 3, 2),
    "filtered": ('{ conversations(filter: {search: "jan"}, last: 1) { totalCount nodes { id } } }', 2, 1),
    "two lists": ("{ leads { totalCount nodes { id } } conversations { totalCount nodes { id } } }", 4, 2),
    "skipped": ("{ leads { totalCount @skip(if: true) nodes { id } } }", 1, 1),
}


@pytest.fixture
def conversation_id(organization: Organization) -> UUID:
    """A conversation with Jane, of five messages."""
    conversation = organization.conversation(organization.lead(name="Jane"))
    for number in range(5):
        organization.message(conversation, f"message {number}", role=["user", "assistant"][number % 2])
    return conversation


@pytest.fixture
def viewer(organization: Organization) -> Viewer:
    """Who may read everything."""
    return Viewer("tester", organization.id, frozenset(Scope), inf)


async def ran(
    query: str, database: Database, viewer: Viewer, *, compiles: bool = True, **variables: object
) -> tuple[Any, Context]:
    """Run a query; answer its body, and the context that it ran in."""
    context = Context(viewer, database)
    answer = await Executor(schema, compiles=compiles)(Operation(query, None, variables), context)
    return orjson.loads(to_json(answer.body)), context


@pytest.mark.parametrize(("fields", "statements", "round_trips"), CONVERSATION.values(), ids=CONVERSATION)
async def test_round_trips_of_a_conversation(
    database: Database, viewer: Viewer, conversation_id: UUID, fields: str, statements: int, round_trips: int
) -> None:
    query = f"query ($id: ID!) {{ conversation(id: $id) {fields} }}"
    answer, context = await ran(query, database, viewer, id=str(conversation_id))
    expected, _ = await ran(query, database, viewer, id=str(conversation_id), compiles=False)
    assert answer["data"] == expected["data"]
    assert "errors" not in answer
    assert context.tenant.statements == statements
    assert len(context.tenant.ran) == round_trips


@pytest.mark.usefixtures("conversation_id")
@pytest.mark.parametrize(("query", "statements", "round_trips"), LISTS.values(), ids=LISTS)
async def test_round_trips_of_lists(
    database: Database, viewer: Viewer, query: str, statements: int, round_trips: int
) -> None:
    answer, context = await ran(query, database, viewer)
    expected, _ = await ran(query, database, viewer, compiles=False)
    assert answer["data"] == expected["data"]
    assert "errors" not in answer
    assert context.tenant.statements == statements
    assert len(context.tenant.ran) == round_trips


async def test_one_conversation_in_several_places(database: Database, viewer: Viewer, conversation_id: UUID) -> None:
    answer, _ = await ran(TWICE, database, viewer, id=str(conversation_id))
    expected, _ = await ran(TWICE, database, viewer, id=str(conversation_id), compiles=False)
    assert answer["data"] == expected["data"]
    first = answer["data"]["conversation"]["first"]
    assert [node["content"] for node in first["nodes"]] == ["message 0", "message 1"]
    assert first["totalCount"] == 5
    assert [edge["node"]["content"] for edge in answer["data"]["conversation"]["last"]["edges"]] == ["message 4"]
    assert len(answer["data"]["again"]["messages"]["nodes"]) == 4


@pytest.mark.parametrize("compiles", [True, False])
@pytest.mark.parametrize("arguments", ["first: -1", "first: 1, last: 1", 'after: "?"', "first: 501"])
async def test_a_wrong_argument_is_its_own_fields(
    database: Database, viewer: Viewer, conversation_id: UUID, arguments: str, compiles: bool
) -> None:
    query = (
        f"query ($id: ID!) {{ conversation(id: $id) {{ lead {{ name }} messages({arguments}) {{ nodes {{ id }} }} }} }}"
    )
    answer, _ = await ran(query, database, viewer, id=str(conversation_id), compiles=compiles)
    assert answer["data"] == {"conversation": None}
    (error,) = answer["errors"]
    assert error["path"] == ["conversation", "messages"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"


async def test_there_is_none(database: Database, viewer: Viewer, stranger: Organization) -> None:
    theirs = stranger.conversation()
    stranger.message(theirs)
    for id in (theirs, uuid4()):
        answer, _ = await ran(TWICE, database, viewer, id=str(id))
        assert answer["data"] == {"conversation": None, "again": None, "lead": None}


async def test_without_the_scope(database: Database, organization: Organization, conversation_id: UUID) -> None:
    viewer = Viewer("tester", organization.id, frozenset({Scope.LEADS_READ}), inf)
    answer, context = await ran(TWICE, database, viewer, id=str(conversation_id))
    assert answer["data"] == {"conversation": None, "again": None, "lead": None}
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"FORBIDDEN"}
    assert context.tenant.statements == 0
