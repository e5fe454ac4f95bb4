"""What can be asked, for GraphQL and REST alike: scope, then the question. Associations take all parents at once."""

from asyncio import gather
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

from gateway.auth import Scope
from gateway.database import conversations, leads, messages, threads
from gateway.database.conversations import ConversationFilter
from gateway.database.leads import LeadFilter
from gateway.database.listing import Listing
from gateway.database.messages import MessageFilter
from gateway.database.paging import Order, Page, Window
from gateway.database.tenant import Tenant
from gateway.database.threads import Part, Thread
from gateway.records import Conversation, ConversationWithLead, Lead, Message
from gateway_graphql import cursors
from gateway_graphql.connections import Connection, Lists, Once
from gateway_graphql.context import Context
from gateway_graphql.errors import Forbidden

Node = Lead | Conversation | Message

CONVERSATIONS = "conversations"
LEADS = "leads"
MESSAGES = "messages"
SEARCH = "search"
"""The lists' names in their cursors."""


async def lead(context: Context, id: UUID) -> Lead | None:
    """One lead, or None."""
    context.require(Scope.LEADS_READ)
    return (await leads.leads_by_id(context.tenant, [id]))[0]


async def conversation(context: Context, id: UUID) -> Conversation | None:
    """One conversation, or None."""
    context.require(Scope.CONVERSATIONS_READ)
    return (await conversations.conversations_by_id(context.tenant, [id]))[0]


async def message(context: Context, id: UUID) -> Message | None:
    """One message, or None."""
    context.require(Scope.CONVERSATIONS_READ)
    return (await messages.messages_by_id(context.tenant, [id]))[0]


_BY_ID: dict[type[Node], tuple[Scope, Callable[[Tenant, Sequence[UUID]], Awaitable[Sequence[Node | None]]]]] = {
    Conversation: (Scope.CONVERSATIONS_READ, conversations.conversations_by_id),
    Lead: (Scope.LEADS_READ, leads.leads_by_id),
    Message: (Scope.CONVERSATIONS_READ, messages.messages_by_id),
}


async def nodes(context: Context, ids: Sequence[UUID]) -> list[Node | Forbidden | None]:
    """Whatever has these ids, of any type: one answer an id, Forbidden where the token lacks the type's scope."""
    by_type = await gather(*(by_id(context.tenant, ids) for _, by_id in _BY_ID.values()))
    found = [next(filter(None, rows), None) for rows in zip(*by_type, strict=True)]
    return [row and (_forbidden(context, type(row)) or row) for row in found]


async def nodes_of_type(context: Context, kind: type[Node], ids: Sequence[UUID]) -> Sequence[Node | Forbidden | None]:
    """Things of one type: one answer an id, each Forbidden where the token lacks the type's scope."""
    if forbidden := _forbidden(context, kind):
        return [forbidden] * len(ids)
    _, by_id = _BY_ID[kind]
    return await by_id(context.tenant, ids)


def _forbidden(context: Context, kind: type[Node]) -> Forbidden | None:
    scope, _ = _BY_ID[kind]
    try:
        context.require(scope)
    except Forbidden as forbidden:
        return forbidden
    return None


def list_leads(
    context: Context, filter: LeadFilter, order: Order, window: Window, *, counted: bool = False
) -> Connection[Any]:
    """The organization's leads. `counted`: rows and number will be asked for, which is then one round trip."""
    context.require(Scope.LEADS_READ)
    return _list(context, LEADS, leads.listing, filter, order, window, counted=counted)


def list_conversations(
    context: Context, filter: ConversationFilter, order: Order, window: Window, *, counted: bool = False
) -> Connection[Any]:
    """The organization's conversations. `counted`: likewise."""
    context.require(Scope.CONVERSATIONS_READ)
    return _list(context, CONVERSATIONS, conversations.listing, filter, order, window, counted=counted)


def search_messages(context: Context, words: str, conversation_id: UUID | None, window: Window) -> Connection[Any]:
    """The organization's messages with these words, the newest first."""
    context.require(Scope.CONVERSATIONS_READ)
    filter = MessageFilter(words=words, conversation_id=conversation_id)
    return _list(context, SEARCH, messages.listing, filter, messages.NEWEST_FIRST, window)


async def counted_conversations(
    context: Context, filter: ConversationFilter, order: Order, window: Window
) -> tuple[Page[ConversationWithLead], int]:
    """A page of the organization's conversations with their leads, and how many there are."""
    context.require(Scope.CONVERSATIONS_READ)
    return await conversations.listing_with_leads.counted_page(context.tenant, filter, order, window)


async def thread(context: Context, id: UUID, *, lead: bool = False, part: Part | None = None) -> Thread | None:
    """One conversation, and with it its lead and a part of its messages, if wanted; or None.

    The batch functions of lead and messages find them, once, and ask nothing: shown again they are asked for again, and
    so counted again.
    """
    context.require(Scope.CONVERSATIONS_READ)
    found = await threads.thread(context.tenant, id, lead=lead, part=part)
    if found and found.lead:
        context.leads[id.int] = found.lead
    if found and part:
        context.pages[id.int, part] = found.messages
    return found


async def leads_of_conversations(parents: Sequence[Conversation], context: Context) -> list[Lead | None]:
    """The lead of each conversation. None only where it was deleted meanwhile."""
    if context.leads:
        known = [context.leads.pop(parent.id.int, None) for parent in parents]
        if None not in known:
            return known
    return await leads.leads_by_id(context.tenant, [parent.lead_id for parent in parents])


async def last_messages_of_conversations(parents: Sequence[Conversation], context: Context) -> list[Message | None]:
    """The latest message of each conversation."""
    filled = [parent.id for parent in parents if parent.message_count]
    found = dict(zip(filled, await messages.last_messages(context.tenant, filled), strict=True)) if filled else {}
    return [found.get(parent.id) for parent in parents]


async def conversations_of_messages(parents: Sequence[Message], context: Context) -> list[Conversation | None]:
    """The conversation of each message. None only where it was deleted meanwhile."""
    ids = [parent.conversation_id for parent in parents]
    return await conversations.conversations_by_id(context.tenant, ids)


def conversations_of_leads(
    parents: Sequence[Lead], context: Context, filter: ConversationFilter, order: Order, window: Window
) -> list[Connection[Any]]:
    """The conversations of each lead."""
    return _lists(context, CONVERSATIONS, conversations.listing, parents, filter, order, window)


def messages_of_conversations(parents: Sequence[Conversation], context: Context, part: Part) -> list[Connection[Any]]:
    """A part of the messages of each conversation, in chronological order."""
    lists = _lists(context, MESSAGES, messages.listing, parents, part.filter, messages.CHRONOLOGICAL, part.window)
    if context.pages:
        for connection, parent in zip(lists, parents, strict=True):
            connection.known_page = context.pages.pop((parent.id.int, part), None)
    if part.filter == MessageFilter():
        for connection, parent in zip(lists, parents, strict=True):
            connection.known_total = parent.message_count  # the database keeps it
    return lists


def _list(
    context: Context,
    name: str,
    listing: Listing[Any, Any],
    filter: Any,
    order: Order,
    window: Window,
    *,
    counted: bool = False,
) -> Connection[Any]:
    tenant = context.tenant
    both = Once(lambda: listing.counted_page(tenant, filter, order, window)) if counted else None

    async def pages() -> list[Any]:
        return [(await both())[0] if both else await listing.page(tenant, filter, order, window)]

    async def counts() -> list[int]:
        return [(await both())[1] if both else await listing.count(tenant, filter)]

    return Connection(lists=Lists(pages, counts, _cursor(name, listing, order)), number=0)


def _lists(
    context: Context,
    name: str,
    listing: Listing[Any, Any],
    parents: Sequence[Any],
    filter: Any,
    order: Order,
    window: Window,
) -> list[Connection[Any]]:
    tenant, ids = context.tenant, [parent.id for parent in parents]
    lists = Lists(
        lambda: listing.pages(tenant, ids, filter, order, window),
        lambda: listing.counts(tenant, ids, filter),
        _cursor(name, listing, order),
    )
    return [Connection(lists=lists, number=number) for number in range(len(ids))]


def _cursor(name: str, listing: Listing[Any, Any], order: Order) -> Any:
    return lambda row: cursors.encode(name, order, listing.position(row, order))
