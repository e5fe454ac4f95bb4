"""Subscription: the root of live events."""

from collections.abc import AsyncGenerator
from typing import Annotated, Any

import strawberry

from gateway.auth import Scope
from gateway_graphql import cursors
from gateway_graphql.context import Context
from gateway_graphql.inputs import ConversationFilterInput, LeadFilterInput
from gateway_graphql.live import watching
from gateway_graphql.scalars import uuid_of
from gateway_graphql.types import Conversation, Lead, Message

Info = strawberry.Info[Context, None]


@strawberry.type(description="A message that was added.")
class MessageAddedEvent:
    cursor: str = strawberry.field(description="The event's cursor, for `after`.")
    message: Message = strawberry.field(description="The message.")


@strawberry.type(description="Live events.")
class Subscription:
    @strawberry.subscription(
        description="New messages: each exactly once, and in order within a conversation.",
        graphql_type=MessageAddedEvent,
    )
    async def message_added(
        self,
        info: Info,
        conversation_id: Annotated[
            strawberry.ID | None,
            strawberry.argument(description="Only messages of this conversation. Default: of all."),
        ] = None,
        after: Annotated[
            str | None, strawberry.argument(description="An event's cursor: the events after it come first.")
        ] = None,
    ) -> AsyncGenerator[Any]:
        info.context.require(Scope.CONVERSATIONS_READ)
        after = info.context.last_event_id or after
        position = None if after is None else cursors.decode_event(after, argument="after")
        id = None if conversation_id is None else uuid_of(conversation_id, "conversationId")
        return await watching.added_messages(info.context, id, position)

    @strawberry.subscription(
        description="Conversations that were started or changed, as they are now. A new message is a change.",
        graphql_type=Conversation,
    )
    async def conversation_changed(
        self,
        info: Info,
        filter: Annotated[
            ConversationFilterInput | None, strawberry.argument(description="Which conversations.")
        ] = None,
    ) -> AsyncGenerator[Any]:
        info.context.require(Scope.CONVERSATIONS_READ)
        return await watching.changed_conversations(info.context, (filter or ConversationFilterInput()).asked())

    @strawberry.subscription(description="Leads that were created or changed, as they are now.", graphql_type=Lead)
    async def lead_changed(
        self,
        info: Info,
        filter: Annotated[LeadFilterInput | None, strawberry.argument(description="Which leads.")] = None,
    ) -> AsyncGenerator[Any]:
        info.context.require(Scope.LEADS_READ)
        return await watching.changed_leads(info.context, (filter or LeadFilterInput()).asked())
