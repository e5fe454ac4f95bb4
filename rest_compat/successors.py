"""Successors: the GraphQL operations that replace the calls, and their variables for a given request."""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from pydantic import BaseModel

from gateway.database.messages import MessageFilter
from gateway.database.paging import Order, Window
from gateway.database.threads import Part
from gateway.records import ConversationOrderField, LeadOrderField
from gateway_graphql import resolvers
from gateway_graphql.connections import Connection
from gateway_graphql.context import Context
from gateway_graphql.names import camel_case
from rest_compat import documents
from rest_compat.bodies import LeadChanges, NewLead, StatusUpdate
from rest_compat.parameters import (
    ConversationPath,
    ConversationsQuery,
    IdempotencyHeader,
    LeadPath,
    LeadsQuery,
    MessagesQuery,
)

LAST_ACTIVITY_FIRST = Order(ConversationOrderField.UPDATED_AT, descending=True)
NEWEST_FIRST = Order(LeadOrderField.CREATED_AT, descending=True)

ENUMS = frozenset({"status", "channel"})
Variables = dict[str, Any]


class Successor(NamedTuple):
    """A GraphQL operation, and the function that makes its variables of a call's context and parameters."""

    document: str
    variables: Callable[..., Awaitable[Variables]]

    @property
    def name(self) -> str:
        return self.document.split("(")[0].split()[1]


async def _conversations(context: Context, query: ConversationsQuery) -> Variables:
    def connection(window: Window) -> Connection[Any]:
        return resolvers.list_conversations(context, query.filter, LAST_ACTIVITY_FIRST, window)

    return {**await _place(connection, query.window), "filter": _filter(query)}


async def _conversation(_: Context, path: ConversationPath) -> Variables:
    return {"id": path.conversation_id}


async def _messages(context: Context, path: ConversationPath, query: MessagesQuery) -> Variables:
    row = await resolvers.conversation(context, path.conversation_id)

    def connection(window: Window) -> Connection[Any]:
        return resolvers.messages_of_conversations([row] if row else [], context, Part(MessageFilter(), window))[0]

    place = await _place(connection, query.window) if row else {"first": query.limit}
    return {"id": path.conversation_id, **place}


async def _status(_: Context, path: ConversationPath, body: StatusUpdate) -> Variables:
    return {"input": {"id": path.conversation_id, **_words(body)}}


async def _leads(context: Context, query: LeadsQuery) -> Variables:
    def connection(window: Window) -> Connection[Any]:
        return resolvers.list_leads(context, query.filter, NEWEST_FIRST, window)

    return {**await _place(connection, query.window), "filter": _filter(query)}


async def _lead(_: Context, path: LeadPath) -> Variables:
    return {"id": path.lead_id}


async def _new_lead(_: Context, header: IdempotencyHeader, body: NewLead) -> Variables:
    key = header.idempotency_key
    return {"input": {**_words(body), **({} if key is None else {"idempotencyKey": key})}}


async def _lead_changes(_: Context, path: LeadPath, body: LeadChanges) -> Variables:
    return {"input": {"id": path.lead_id, **_words(body)}}


async def _place(connection: Callable[[Window], Connection[Any]], window: Window) -> Variables:
    """Say with a cursor what a window says with an offset: behind which row it begins."""
    if not window.offset:
        return {"first": window.size}
    before = connection(Window(1, offset=window.offset - 1))
    rows = (await before.page()).rows
    return {"first": window.size, "after": before.lists.cursor(rows[0])} if rows else {"first": 0}


def _filter(query: BaseModel) -> Variables:
    given = query.model_dump(exclude_none=True, exclude={"page", "size"})
    return {camel_case(name): [value.upper()] if name in ENUMS else value for name, value in given.items()}


def _words(body: BaseModel) -> Variables:
    given = body.model_dump(exclude_unset=True)
    return {camel_case(name): value.upper() if name in ENUMS else value for name, value in given.items()}


CONVERSATIONS = Successor(documents.CONVERSATIONS, _conversations)
CONVERSATION = Successor(documents.CONVERSATION, _conversation)
MESSAGES = Successor(documents.MESSAGES, _messages)
UPDATE_STATUS = Successor(documents.UPDATE_STATUS, _status)
LEADS = Successor(documents.LEADS, _leads)
LEAD = Successor(documents.LEAD, _lead)
CREATE_LEAD = Successor(documents.CREATE_LEAD, _new_lead)
UPDATE_LEAD = Successor(documents.UPDATE_LEAD, _lead_changes)
