"""Writes: what can be changed, for GraphQL and REST alike: scope, checks, then the statement. They raise UserErrors."""

from collections.abc import Awaitable, Callable, Mapping
from hashlib import sha256
from typing import Any, TypeVar
from uuid import UUID

import orjson

from gateway.auth import Scope
from gateway.database import conversations, leads, messages
from gateway.database.creation import Creation, EarlierCreation, IdempotencyKey
from gateway.database.errors import MissingReference
from gateway.records import Conversation, ConversationWithLead, Lead, Message, Version
from gateway_graphql.context import Context
from gateway_graphql.names import camel_case
from gateway_graphql.user_errors import (
    LONGEST_CONTENT,
    UserErrorCode,
    UserErrors,
    check_services,
    check_text,
    json_text,
    user_error,
)

Row = TypeVar("Row", Lead, Conversation, Message)
_ById = Callable[[Any, list[UUID]], Awaitable[list[Row | None]]]

LONGEST_KEY = 255
LONGEST_NOTES = 100_000


class Overtaken(Exception):
    """The row is not as the client has seen it: another write came in between."""


async def set_conversation_status(
    context: Context, id: UUID, status: str, seen: Version | None = None
) -> ConversationWithLead:
    """Change a conversation's status: only as it was seen, if that is given. Raises Overtaken."""
    context.require(Scope.CONVERSATIONS_WRITE)
    changed = await conversations.set_conversation_status(context.tenant, id, status, seen)
    if changed is None:
        raise _missing("conversation", seen)
    return changed


async def start_conversation(
    context: Context, lead_id: UUID, channel: str, session_key: str, key: str | None = None
) -> Conversation:
    """Start a conversation with a lead."""
    context.require(Scope.CONVERSATIONS_WRITE)
    _check(check_text({"sessionKey": session_key}, required=("sessionKey",)))
    values = {"lead_id": lead_id, "session_key": session_key, "channel": channel}
    try:
        return await _created(
            context, conversations.insert_conversation, conversations.conversations_by_id, values, key
        )
    except MissingReference:
        raise _not_found("lead", "leadId") from None


async def add_message(
    context: Context, conversation_id: UUID, role: str, content: str, metadata: object, key: str | None = None
) -> Message:
    """Add a message to a conversation, whatever its status. The content may be empty."""
    context.require(Scope.CONVERSATIONS_WRITE)
    _check(check_text({"content": content}, longest=LONGEST_CONTENT))
    values = {
        "conversation_id": conversation_id,
        "role": role,
        "content": content,
        "metadata": json_text(metadata),
    }
    try:
        return await _created(context, messages.insert_message, messages.messages_by_id, values, key)
    except MissingReference:
        raise _not_found("conversation", "conversationId") from None


async def create_lead(context: Context, values: Mapping[str, Any], key: str | None = None) -> Lead:
    """Create a lead. `values` are of its columns; those left out have their defaults."""
    context.require(Scope.LEADS_WRITE)
    defaults: dict[str, Any] = dict.fromkeys(leads.WRITABLE)
    row = _checked({**defaults, "channel": "web", "preferred_services": [], "metadata": {}, **values})
    return await _created(context, leads.insert_lead, leads.leads_by_id, row, key)


async def update_lead(context: Context, id: UUID, changes: Mapping[str, Any], seen: Version | None = None) -> Lead:
    """Change some of a lead's columns: only as it was seen, if that is given. None clears what may be empty.

    Raises Overtaken.
    """
    context.require(Scope.LEADS_WRITE)
    changed = await leads.update_lead(context.tenant, id, _checked(changes), seen)
    if changed is None:
        raise _missing("lead", seen)
    return changed


def _checked(values: Mapping[str, Any]) -> dict[str, Any]:
    texts = {
        camel_case(column): values[column]
        for column in ("name", "phone", "email", "company", "channel_id")
        if column in values
    }
    errors = check_text(texts, required=("name",))
    if "appointment_notes" in values:
        errors += check_text({"appointmentNotes": values["appointment_notes"]}, longest=LONGEST_NOTES)
    if "preferred_services" in values:
        errors += check_services(values["preferred_services"])
    errors += [
        user_error(UserErrorCode.INVALID, "This must not be null.", word)
        for word in ("channel", "status")
        if word in values and values[word] is None
    ]
    _check(errors)
    return {**values, "metadata": json_text(values["metadata"])} if "metadata" in values else dict(values)


async def _created(
    context: Context, creation: Creation[Row], by_id: _ById[Row], values: Mapping[str, Any], key: str | None
) -> Row:
    if key is not None:
        _check(check_text({"idempotencyKey": key}, required=("idempotencyKey",), longest=LONGEST_KEY))
    request = None if key is None else IdempotencyKey(key, _digest(creation.table, values))
    created = await creation(context.tenant, values, request)
    if not isinstance(created, EarlierCreation):
        return created
    earlier = (await by_id(context.tenant, [created.row_id]))[0]
    if request is None or created.request != request.request or earlier is None:
        message = "Something else was created under this key before."
        raise UserErrors(user_error(UserErrorCode.CONFLICT, message, "idempotencyKey"))
    return earlier


def _digest(table: str, values: Mapping[str, Any]) -> bytes:
    return sha256(orjson.dumps([table, values], option=orjson.OPT_SORT_KEYS)).digest()


def _check(errors: list[Any]) -> None:
    if errors:
        raise UserErrors(*errors)


def _missing(what: str, seen: Version | None) -> Exception:
    return _not_found(what, "id") if seen is None else Overtaken()


def _not_found(what: str, field: str) -> UserErrors:
    return UserErrors(user_error(UserErrorCode.NOT_FOUND, f"There is no {what} with this id.", field))
