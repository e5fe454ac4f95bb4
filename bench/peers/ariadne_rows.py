"""Ariadne on plain rows of asyncpg, with aiodataloader; documents are parsed and validated once."""

from collections.abc import Awaitable, Callable, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any
from uuid import UUID

from aiodataloader import DataLoader
from ariadne import EnumType, MutationType, ObjectType, QueryType, ScalarType, load_schema_from_path
from ariadne import make_executable_schema as make_schema
from ariadne.asgi import GraphQL
from graphql import DocumentNode, GraphQLError, parse, validate
from starlette.requests import Request

from bench.peers.entities import Channel, ConversationStatus, LeadStatus, MessageRole
from bench.peers.rows import Rows
from bench.peers.statements import statement
from bench.peers.tokens import organization_of

query, mutation = QueryType(), MutationType()
conversation_type, lead_type = ObjectType("Conversation"), ObjectType("Lead")
rows = Rows()

CONVERSATION = statement("conversation")
CONVERSATIONS = statement("conversations")
CONVERSATIONS_BY_LEAD = statement("conversations_by_lead")
LEADS = statement("leads")
LEADS_BY_ID = statement("leads_by_id")
MESSAGES_BY_CONVERSATION = statement("messages_by_conversation")
SET_STATUS = statement("set_status")

Row = dict[str, Any]


async def _fetched(sql: str, *values: object) -> list[Row]:
    return [dict(row) for row in await rows.fetch(sql, *values)]


class Context:
    """What the resolvers of a request share."""

    def __init__(self, request: Request, _: Any) -> None:
        self.organization = organization_of(request.headers["authorization"])
        self.leads = DataLoader(self._leads)
        self._paged: dict[tuple[str, int], DataLoader[UUID, list[Row]]] = {}

    def paged(self, sql: str, parent: str, first: int) -> DataLoader[UUID, list[Row]]:
        """Return the loader of a list below every one of a level, by the length of its pages."""
        loader = self._paged.get((sql, first))
        if loader is None:
            loader = self._paged[sql, first] = DataLoader(partial(self._pages, sql, parent, first))
        return loader

    async def _leads(self, ids: list[UUID]) -> list[Row | None]:
        found = {row["id"]: row for row in await _fetched(LEADS_BY_ID, self.organization, ids)}
        return [found.get(id) for id in ids]

    async def _pages(self, sql: str, parent: str, first: int, ids: list[UUID]) -> list[list[Row]]:
        pages: dict[UUID, list[Row]] = {id: [] for id in ids}
        for row in await _fetched(sql, self.organization, ids, first):
            pages[row[parent]].append(row)
        return list(pages.values())


@query.field("conversation")
async def one_conversation(_: Any, info: Any, id: str) -> Row | None:
    found = await _fetched(CONVERSATION, info.context.organization, id)
    return found[0] if found else None


@query.field("conversations")
async def conversations(_: Any, info: Any, first: int) -> Row:
    return {"nodes": await _fetched(CONVERSATIONS, info.context.organization, first)}


@query.field("leads")
async def leads(_: Any, info: Any, first: int) -> Row:
    return {"nodes": await _fetched(LEADS, info.context.organization, first)}


@conversation_type.field("lead")
def lead_of_conversation(conversation: Row, info: Any) -> Awaitable[Row]:
    loaded: Awaitable[Row] = info.context.leads.load(conversation["leadId"])
    return loaded


@conversation_type.field("messages")
async def messages_of_conversation(conversation: Row, info: Any, first: int) -> Row:
    loader = info.context.paged(MESSAGES_BY_CONVERSATION, "conversationId", first)
    return {"nodes": await loader.load(conversation["id"])}


@lead_type.field("conversations")
async def conversations_of_lead(lead: Row, info: Any, first: int) -> Row:
    loader = info.context.paged(CONVERSATIONS_BY_LEAD, "leadId", first)
    return {"nodes": await loader.load(lead["id"])}


@mutation.field("updateConversationStatus")
async def update_conversation_status(_: Any, info: Any, input: Row) -> Row:
    found = await _fetched(SET_STATUS, info.context.organization, input["id"], input["status"])
    return {"conversation": found[0] if found else None}


def _words(type: type[Any]) -> EnumType:
    return EnumType(type.__name__, {word.name: word.value for word in type if word.name != "EMAIL"})


schema = make_schema(
    load_schema_from_path(str(Path(__file__).parent / "schema.graphql")),
    query,
    mutation,
    conversation_type,
    lead_type,
    ScalarType("DateTime", serializer=lambda value: value.isoformat()),
    ScalarType("JSON", serializer=lambda value: value),
    *map(_words, (Channel, ConversationStatus, LeadStatus, MessageRole)),
)

_parsed: Callable[[str], DocumentNode] = cache(parse)
_validated: dict[int, list[GraphQLError]] = {}


def _parse(_: Any, data: Row) -> DocumentNode:
    return _parsed(data["query"])


def _validate(schema: Any, document: DocumentNode, *arguments: Any, **options: Any) -> Sequence[GraphQLError]:
    if id(document) not in _validated:  # documents stay: they are remembered too
        _validated[id(document)] = validate(schema, document, *arguments, **options)
    return _validated[id(document)]


app = GraphQL(schema, context_value=Context, query_parser=_parse, query_validator=_validate)
