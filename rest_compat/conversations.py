"""The conversation calls: what they ask of the resolvers, and how they show the answer."""

from asyncio import gather
from typing import TypeVar

from gateway.database import conversations
from gateway.database.paging import Window
from gateway.records import Version
from gateway_graphql import resolvers, writes
from gateway_graphql.context import Context
from gateway_graphql.errors import NotFound
from gateway_graphql.refusals import Refused
from rest_compat import representations
from rest_compat.bodies import StatusUpdate
from rest_compat.call import Listed
from rest_compat.parameters import ConversationPath, ConversationsQuery, MessagesQuery
from rest_compat.representations import ConversationDetail, ConversationItem, ConversationPage, Message
from rest_compat.successors import ALL_MESSAGES, LAST_ACTIVITY_FIRST

Row = TypeVar("Row")


async def list_conversations(context: Context, query: ConversationsQuery) -> Listed[ConversationPage]:
    """List conversations, the last activity first."""
    connection = resolvers.list_conversations(context, query.filter, LAST_ACTIVITY_FIRST, query.window)
    page, total = await gather(connection.page(), connection.total_count())
    leads = await resolvers.leads_of_conversations(page.rows, context)
    shown: ConversationPage = {
        "conversations": [
            representations.conversation_item(row, lead)
            for row, lead in zip(page.rows, leads, strict=True)
            if lead is not None  # deleted meanwhile, and its conversations with it
        ],
        "total": total,
        "page": representations.page_number(query.page),
        "size": query.size,
    }
    return Listed(shown, total)


async def get_conversation(context: Context, path: ConversationPath) -> ConversationDetail:
    """Get a conversation with all its messages in chronological order."""
    row = _found(await resolvers.conversation(context, path.conversation_id))
    [messages] = resolvers.messages_of_conversations([row], context, ALL_MESSAGES, Window(size=None))
    page, [lead] = await gather(messages.page(), resolvers.leads_of_conversations([row], context))
    return representations.conversation_detail(row, page.rows, _found(lead))


async def get_messages(context: Context, path: ConversationPath, query: MessagesQuery) -> Listed[list[Message]]:
    """Get a conversation's messages in chronological order, some at a time."""
    row = _found(await resolvers.conversation(context, path.conversation_id))
    [messages] = resolvers.messages_of_conversations([row], context, ALL_MESSAGES, query.window)
    shown = [representations.message(message) for message in (await messages.page()).rows]
    return Listed(shown, row.message_count)


async def conversation_version(context: Context, path: ConversationPath) -> Version | None:
    """Say how a conversation stands, its messages and its lead with it."""
    return await conversations.conversation_version(context.tenant, path.conversation_id)


async def update_conversation_status(
    context: Context, path: ConversationPath, body: StatusUpdate, seen: Version | None = None
) -> ConversationItem:
    """Update a conversation's status."""
    try:
        row = await writes.set_conversation_status(context, path.conversation_id, body.status.value, seen)
    except Refused:  # the one thing to refuse: an id that there is not
        row = _found(None)
    [lead] = await resolvers.leads_of_conversations([row], context)
    return representations.conversation_item(row, _found(lead))


def _found(row: Row | None) -> Row:
    if row is None:
        raise NotFound("Conversation not found")
    return row
