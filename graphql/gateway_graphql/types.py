"""The object types: views of the database's records, and the fields that lead from one to another."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any
from uuid import UUID

import strawberry
from graphql import GraphQLError

from gateway import records
from gateway.database import conversations, messages
from gateway.database.conversations import ConversationFilter
from gateway.database.messages import MessageFilter
from gateway.database.paging import Order, Window
from gateway.database.threads import Part
from gateway_graphql import arguments, resolvers
from gateway_graphql.arguments import After, Before, First, Last, Slice
from gateway_graphql.connections import Connection, is_paged
from gateway_graphql.context import Context
from gateway_graphql.enums import Channel, ConversationStatus, LeadChannel, LeadStatus, MessageRole
from gateway_graphql.errors import BadUserInput
from gateway_graphql.inputs import ConversationFilterInput, ConversationOrderInput
from gateway_graphql.node import Node
from gateway_graphql.scalars import JSON
from levelwise import Lookahead, batched, by_class

ConversationsFilter = Annotated[ConversationFilterInput | None, strawberry.argument(description="Which conversations.")]
ConversationsOrder = Annotated[
    ConversationOrderInput | None,
    strawberry.argument(description="The order. Default: last activity first."),
]


def conversations_asked(
    slice: Slice, filter: ConversationFilterInput | None, order_by: ConversationOrderInput | None
) -> tuple[ConversationFilter, Order, Window]:
    """Read the arguments of a list of conversations. Raises BadUserInput."""
    order = (order_by or ConversationOrderInput()).asked()
    window = slice.window(arguments.ROWS, resolvers.CONVERSATIONS, conversations.listing, order)
    return (filter or ConversationFilterInput()).asked(), order, window


def _conversations(
    leads: Sequence[records.Lead],
    context: Context,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
    filter: ConversationsFilter = None,
    order_by: ConversationsOrder = None,
) -> list[Connection[Any]]:
    asked = conversations_asked(Slice(first, after, last, before), filter, order_by)
    return resolvers.conversations_of_leads(leads, context, *asked)


def _messages(
    parents: Sequence[records.Conversation],
    context: Context,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
    role: Annotated[MessageRole | None, strawberry.argument(description="Only messages of this role.")] = None,
) -> list[Connection[Any]]:
    return resolvers.messages_of_conversations(parents, context, _part(first, after, last, before, role))


@lru_cache(maxsize=512)
def _part(
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
    role: MessageRole | None = None,
) -> Part:
    """Read the arguments of a conversation's messages. Raises BadUserInput."""
    window = Slice(first, after, last, before).window(
        arguments.MESSAGES, resolvers.MESSAGES, messages.listing, messages.CHRONOLOGICAL
    )
    return Part(MessageFilter(None if role is None else (role.value,)), window)


async def conversation_asked(context: Context, id: UUID, ahead: Lookahead) -> records.Conversation | None:
    """One conversation, and in the same round trip what the fields below it will ask for."""
    lead, part = resolvers.leads_of_conversations in ahead, None
    if is_paged(ahead.below(_messages)):
        with suppress(BadUserInput, GraphQLError):  # which its own field will tell
            part = _part(**ahead.arguments(_messages))
    if not (lead or part):
        return await resolvers.conversation(context, id)
    found = await resolvers.thread(context, id, lead=lead, part=part)
    return found and found.conversation


@strawberry.type(description="A customer who got in touch.")
class Lead(Node):
    name: str = strawberry.field(description="The customer's name.")
    phone: str | None = strawberry.field(description="Phone number.")
    email: str | None = strawberry.field(description="E-mail address.")
    company: str | None = strawberry.field(description="Company.")
    channel: LeadChannel = strawberry.field(description="The channel by which the lead came.")
    channel_id: str | None = strawberry.field(description="The lead's id on that channel: a phone number, a user id.")
    status: LeadStatus = strawberry.field(description="The status.")
    preferred_services: list[str] = strawberry.field(description="The services asked for.")
    appointment_notes: str | None = strawberry.field(description="Notes on the request.")
    metadata: JSON = strawberry.field(description="Notes, tags and custom fields: an object.")
    created_at: datetime = strawberry.field(description="When the lead was recorded.")
    updated_at: datetime = strawberry.field(description="The last change.")
    conversations: Connection["Conversation"] = batched(_conversations, description="The conversations with this lead.")

    @classmethod
    @by_class
    def is_type_of(cls, row: object, _: object) -> bool:
        return isinstance(row, records.Lead)


@strawberry.type(description="A thread of messages with one lead.")
class Conversation(Node):
    lead_id: strawberry.ID = strawberry.field(description="The lead's id.")
    lead: Lead = batched(resolvers.leads_of_conversations, description="The lead.")
    session_key: str = strawberry.field(description="The channel's key of the session.")
    channel: Channel = strawberry.field(description="The channel.")
    status: ConversationStatus = strawberry.field(description="The status.")
    message_count: int = strawberry.field(description="The number of messages.")
    created_at: datetime = strawberry.field(description="When it started.")
    updated_at: datetime = strawberry.field(description="The last activity: a message or a change of status.")
    last_message_at: datetime | None = strawberry.field(
        description="When the latest message was sent; null if there is none."
    )
    last_message_preview: str | None = strawberry.field(
        description="The first 100 characters of the latest message, white space folded; null if there is none."
    )
    last_message: "Message | None" = batched(
        resolvers.last_messages_of_conversations, description="The latest message; null if there is none."
    )
    messages: Connection["Message"] = batched(_messages, description="The messages, in chronological order.")

    @classmethod
    @by_class
    def is_type_of(cls, row: object, _: object) -> bool:
        return isinstance(row, records.Conversation)


@strawberry.type(description="One message of a conversation.")
class Message(Node):
    conversation_id: strawberry.ID = strawberry.field(description="The conversation's id.")
    conversation: Conversation = batched(
        resolvers.conversations_of_messages, description="The conversation of the message."
    )
    role: MessageRole = strawberry.field(description="Who wrote a message.")
    content: str = strawberry.field(description="The text.")
    metadata: JSON = strawberry.field(description="Data of the provider: an object.")
    created_at: datetime = strawberry.field(description="When it was sent.")

    @classmethod
    @by_class
    def is_type_of(cls, row: object, _: object) -> bool:
        return isinstance(row, records.Message)
