"""A plain Strawberry server, as the documentation of Strawberry and of SQLAlchemy teaches it."""

from datetime import datetime
from typing import Any, cast
from uuid import UUID

import strawberry
from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.scalars import JSON

from bench.peers import entities
from bench.peers.entities import Channel, ConversationStatus, LeadStatus, MessageRole
from bench.peers.loaders import Context, Key, newest_first, sessions
from bench.peers.tokens import organization_of

Info = strawberry.Info[Context, None]

for _enum in (Channel, ConversationStatus, LeadStatus, MessageRole):
    strawberry.enum(_enum)


@strawberry.type
class Message:
    id: strawberry.ID
    conversation_id: strawberry.ID
    role: MessageRole
    content: str
    created_at: datetime

    @strawberry.field
    @staticmethod
    def metadata(root: strawberry.Parent[entities.Message]) -> JSON:
        return JSON(root.details)


@strawberry.type
class MessageConnection:
    nodes: list[Message]


@strawberry.type
class Conversation:
    id: strawberry.ID
    lead_id: strawberry.ID
    session_key: str
    channel: Channel
    status: ConversationStatus
    message_count: int
    created_at: datetime
    updated_at: datetime
    last_message_at: datetime | None
    last_message_preview: str | None

    @strawberry.field
    @staticmethod
    async def lead(root: strawberry.Parent[entities.Conversation], info: Info) -> "Lead":
        return cast("Lead", await info.context.leads.load(root.lead_id))

    @strawberry.field
    @staticmethod
    async def messages(
        root: strawberry.Parent[entities.Conversation], info: Info, first: int = 50
    ) -> MessageConnection:
        return MessageConnection(nodes=cast("list[Message]", await info.context.messages.load(Key(root.id, first))))


@strawberry.type
class ConversationConnection:
    nodes: list[Conversation]


@strawberry.type
class Lead:
    id: strawberry.ID
    name: str
    email: str | None
    status: LeadStatus

    @strawberry.field
    @staticmethod
    async def conversations(
        root: strawberry.Parent[entities.Lead], info: Info, first: int = 20
    ) -> ConversationConnection:
        nodes = await info.context.conversations.load(Key(root.id, first))
        return ConversationConnection(nodes=cast("list[Conversation]", nodes))


@strawberry.type
class LeadConnection:
    nodes: list[Lead]


async def _listed(entity: Any, order: Any, organization: str, first: int) -> Any:
    async with sessions() as session:
        query = select(entity).where(entity.organization_id == organization).order_by(*order).limit(first)
        return (await session.scalars(query)).all()


@strawberry.type
class Query:
    @strawberry.field
    async def conversation(self, info: Info, id: strawberry.ID) -> Conversation | None:
        async with sessions() as session:
            found = await session.get(entities.Conversation, (UUID(info.context.organization), UUID(id)))
        return cast("Conversation | None", found)

    @strawberry.field
    async def conversations(self, info: Info, first: int = 20) -> ConversationConnection:
        nodes = await _listed(entities.Conversation, newest_first, info.context.organization, first)
        return ConversationConnection(nodes=nodes)

    @strawberry.field
    async def leads(self, info: Info, first: int = 20) -> LeadConnection:
        order = (entities.Lead.created_at.desc(), entities.Lead.id.desc())
        return LeadConnection(nodes=await _listed(entities.Lead, order, info.context.organization, first))


@strawberry.input
class UpdateConversationStatusInput:
    id: strawberry.ID
    status: ConversationStatus


@strawberry.type
class UpdateConversationStatusPayload:
    conversation: Conversation | None


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def update_conversation_status(
        self, info: Info, input: UpdateConversationStatusInput
    ) -> UpdateConversationStatusPayload:
        key = (UUID(info.context.organization), UUID(input.id))
        async with sessions.begin() as session:
            found = await session.get(entities.Conversation, key)
            if found is not None:
                found.status = input.status
        return UpdateConversationStatusPayload(conversation=cast("Conversation | None", found))


class Server(GraphQL[Context, None]):
    """Gives every request loaders of its own."""

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:  # noqa: ARG002 (Strawberry's)
        return Context(organization_of(request.headers["authorization"]))


app = Server(strawberry.Schema(Query, Mutation, extensions=[ParserCache, ValidationCache]))
