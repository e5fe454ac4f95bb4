"""What can be watched: scope, then the feed. Each is an endless stream of rows of the viewer's organization."""

from collections.abc import AsyncGenerator
from uuid import UUID

from gateway.auth import Scope
from gateway.database import conversations, leads
from gateway.database.changes import Position, is_ahead
from gateway.database.conversations import ConversationFilter
from gateway.database.leads import LeadFilter
from gateway.records import Conversation, Lead
from gateway_graphql import resolvers
from gateway_graphql.context import Context
from gateway_graphql.errors import BadUserInput, NotFound
from gateway_graphql.feeds import Feeds
from gateway_graphql.message_feed import AddedMessage


def _feeds(context: Context) -> Feeds:
    assert context.feeds is not None  # noqa: S101 (whatever runs subscriptions gives it)
    return context.feeds


async def added_messages(
    context: Context, conversation_id: UUID | None, after: Position | None
) -> AsyncGenerator[AddedMessage]:
    """Messages of one conversation, or of all; behind a position those that were missed come first."""
    context.require(Scope.CONVERSATIONS_READ)
    if conversation_id is not None and await resolvers.conversation(context, conversation_id) is None:
        raise NotFound("There is no conversation with this id.")
    if after is not None and await is_ahead(context.tenant, after):
        raise BadUserInput("`after` is a cursor of another database.")

    def wants(added: AddedMessage) -> bool:
        return conversation_id is None or added.message.conversation_id == conversation_id

    async def stream() -> AsyncGenerator[AddedMessage]:
        async with _feeds(context).messages(context.viewer.organization_id) as feed:
            async for added in feed.watch(after, wants):
                yield added

    return stream()


async def changed_conversations(context: Context, filter: ConversationFilter) -> AsyncGenerator[Conversation]:
    """Conversations that changed, and pass the filter as they are now."""
    context.require(Scope.CONVERSATIONS_READ)

    async def stream() -> AsyncGenerator[Conversation]:
        async with _feeds(context).conversations(context.viewer.organization_id) as feed:
            async for row in feed.watch(filter.fits):
                asked = filter._replace(id=row.id)
                if not filter.search or await conversations.listing.count(context.tenant, asked):
                    yield row

    return stream()


async def changed_leads(context: Context, filter: LeadFilter) -> AsyncGenerator[Lead]:
    """Leads that changed, and pass the filter as they are now."""
    context.require(Scope.LEADS_READ)

    async def stream() -> AsyncGenerator[Lead]:
        async with _feeds(context).leads(context.viewer.organization_id) as feed:
            async for row in feed.watch(filter.fits):
                asked = filter._replace(id=row.id)
                if not filter.search or await leads.listing.count(context.tenant, asked):
                    yield row

    return stream()
