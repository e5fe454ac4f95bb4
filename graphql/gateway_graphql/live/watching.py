"""Watching: what can be subscribed to: scope, then the feed. Each is an endless stream of the organization's rows."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, aclosing
from functools import partial
from typing import Any
from uuid import UUID

from gateway.auth import Scope
from gateway.database import conversations, leads
from gateway.database.changes import EventPosition, is_ahead
from gateway.database.conversations import ConversationFilter
from gateway.database.leads import LeadFilter
from gateway.database.listing import Listing
from gateway.records import Conversation, Lead
from gateway_graphql import resolvers
from gateway_graphql.context import Context
from gateway_graphql.errors import BadUserInput, NotFound
from gateway_graphql.live.feeds import Feeds, Row, RowFeed
from gateway_graphql.live.message_feed import AddedMessage
from gateway_graphql.live.subscribers import Event


def _feeds(context: Context) -> Feeds:
    """Return what to watch. What hangs on an event is to be as new as the event is."""
    context.tenant.keep_to_primary()
    assert context.feeds is not None  # noqa: S101 (subscriptions are always given feeds)
    return context.feeds


async def added_messages(
    context: Context, conversation_id: UUID | None, after: EventPosition | None
) -> AsyncGenerator[Event[AddedMessage]]:
    """Messages of one conversation, or of all; behind a position those that were missed come first."""
    context.require(Scope.CONVERSATIONS_READ)
    feeds = _feeds(context)
    if conversation_id is not None and await resolvers.conversation(context, conversation_id) is None:
        raise NotFound("There is no conversation with this id.")
    if after is not None and await is_ahead(context.tenant, after):
        raise BadUserInput("`after` is a cursor of another database.")

    organization_id = context.viewer.organization_id

    def wants(added: AddedMessage) -> bool:
        return conversation_id is None or added.message.conversation_id == conversation_id

    async def stream() -> AsyncGenerator[Event[AddedMessage]]:
        async with feeds.messages(organization_id) as feed, aclosing(feed.watch(after, wants)) as events:
            async for event in events:
                yield event

    return stream()


async def changed_conversations(context: Context, filter: ConversationFilter) -> AsyncGenerator[Event[Conversation]]:
    """Conversations that changed, and pass the filter as they are now."""
    context.require(Scope.CONVERSATIONS_READ)
    return _changed(context, _feeds(context).conversations, conversations.listing, filter)


async def changed_leads(context: Context, filter: LeadFilter) -> AsyncGenerator[Event[Lead]]:
    """Leads that changed, and pass the filter as they are now."""
    context.require(Scope.LEADS_READ)
    return _changed(context, _feeds(context).leads, leads.listing, filter)


async def _changed(
    context: Context,
    feed_of: Callable[[UUID], AbstractAsyncContextManager[RowFeed[Row]]],
    listing: Listing[Row, Any],
    filter: Any,
) -> AsyncGenerator[Event[Row]]:
    tenant = context.tenant
    async with feed_of(tenant.organization_id) as feed, aclosing(feed.watch(filter.fits)) as events:
        async for event in events:
            asked = filter._replace(id=event.row.id)
            # Only the database can say; it is asked once for all subscribers with the same search.
            if filter.search and await event.once(asked, partial(listing.count, tenant, asked)) == 0:
                continue
            yield event
