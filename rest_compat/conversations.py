"""The conversation calls: what they ask of the resolvers, and how they show the answer."""

from typing import TypeVar

from gateway.database import conversations
from gateway.database.messages import MessageFilter
from gateway.database.threads import ALL, Part
from gateway.records import Version
from gateway_graphql import resolvers, writes
from gateway_graphql.context import Context
from gateway_graphql.errors import NotFound
from gateway_graphql.user_errors import UserErrors
from rest_compat import representations
from rest_compat.bodies import StatusUpdate
from rest_compat.call import Listed
from rest_compat.parameters import ConversationPath, ConversationsQuery, MessagesQuery
from rest_compat.shapes import ConversationDetail, ConversationItem, ConversationPage, Message
from rest_compat.successors import LAST_ACTIVITY_FIRST

Found = TypeVar("Found")


async def list_conversations(context: Context, query: ConversationsQuery) -> Listed[ConversationPage]:
    """List conversations, the last activity first."""
    page, total = await resolvers.counted_conversations(context, query.filter, LAST_ACTIVITY_FIRST, query.window)
    shown: ConversationPage = {
        "conversations": [representations.conversation_item(row) for row in page.rows],
        "total": total,
        "page": representations.page_number(query.page),
        "size": query.size,
    }
    return Listed(shown, total)


async def get_conversation(context: Context, path: ConversationPath) -> ConversationDetail:
    """Get a conversation with all its messages in chronological order."""
    thread = _found(await resolvers.thread(context, path.conversation_id, lead=True, part=ALL))
    return representations.conversation_detail(thread.conversation, _found(thread.lead), thread.messages.rows)


async def get_messages(context: Context, path: ConversationPath, query: MessagesQuery) -> Listed[list[Message]]:
    """Get a conversation's messages in chronological order, some at a time."""
    part = Part(MessageFilter(), query.window)
    thread = _found(await resolvers.thread(context, path.conversation_id, part=part))
    return Listed([representations.message(row) for row in thread.messages.rows], thread.conversation.message_count)


async def conversation_version(context: Context, path: ConversationPath) -> Version | None:
    """Say how a conversation stands, its messages and its lead with it."""
    return await conversations.conversation_version(context.tenant, path.conversation_id)


async def update_conversation_status(
    context: Context, path: ConversationPath, body: StatusUpdate, seen: Version | None = None
) -> ConversationItem:
    """Update a conversation's status."""
    try:
        row = await writes.set_conversation_status(context, path.conversation_id, body.status.value, seen)
    except UserErrors:  # there can be but one: no conversation has this id
        row = _found(None)
    return representations.conversation_item(row)


def _found(found: Found | None) -> Found:
    if found is None:
        raise NotFound("Conversation not found")
    return found
