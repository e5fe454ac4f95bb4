"""Representations: records as the documented JSON objects, their keys in the documented order."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from orjson import Fragment
from pydantic import InstanceOf, WithJsonSchema
from typing_extensions import TypedDict  # pydantic's condition before Python 3.12

from gateway import records


def _one_of(words: type[StrEnum]) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "enum": [word.value for word in words]})


Channel = Annotated[str, _one_of(records.Channel)]
ConversationStatus = Annotated[str, _one_of(records.ConversationStatus)]
LeadChannel = Annotated[str, _one_of(records.LeadChannel)]
LeadStatus = Annotated[str, _one_of(records.LeadStatus)]
Role = Annotated[str, _one_of(records.MessageRole)]
JsonObject = Annotated[InstanceOf[Fragment], WithJsonSchema({"type": "object"})]
Number = Annotated[InstanceOf[Fragment], WithJsonSchema({"type": "integer", "minimum": 1})]


class LeadName(TypedDict):
    id: UUID
    name: str


class LeadContact(TypedDict):
    id: UUID
    name: str
    email: str | None


class ConversationItem(TypedDict):
    """A conversation in a list, and after its status was changed."""

    id: UUID
    lead_id: UUID
    session_key: str
    channel: Channel
    status: ConversationStatus
    message_count: int
    created_at: datetime
    updated_at: datetime
    lead: LeadContact
    last_message_at: datetime | None
    last_message_preview: str | None


class Message(TypedDict):
    id: UUID
    conversation_id: UUID
    role: Role
    content: str
    metadata: JsonObject
    created_at: datetime


class ConversationDetail(TypedDict):
    """A conversation with all its messages, and without what sums them up."""

    id: UUID
    lead_id: UUID
    session_key: str
    channel: Channel
    status: ConversationStatus
    created_at: datetime
    updated_at: datetime
    messages: list[Message]
    lead: LeadName


class LeadItem(TypedDict):
    id: UUID
    name: str
    phone: str | None
    email: str | None
    company: str | None
    channel: LeadChannel
    status: LeadStatus
    created_at: datetime


class Lead(TypedDict):
    """The full record."""

    id: UUID
    name: str
    phone: str | None
    email: str | None
    company: str | None
    channel: LeadChannel
    channel_id: str | None
    status: LeadStatus
    preferred_services: list[str]
    appointment_notes: str | None
    metadata: JsonObject
    created_at: datetime
    updated_at: datetime


class ConversationPage(TypedDict):
    conversations: list[ConversationItem]
    total: int
    page: Number
    size: int


class LeadPage(TypedDict):
    leads: list[LeadItem]
    total: int
    page: Number
    size: int


def conversation_item(row: records.ConversationWithLead) -> ConversationItem:
    """Show a conversation in a list."""
    return {
        "id": row.id,
        "lead_id": row.lead_id,
        "session_key": row.session_key,
        "channel": row.channel,
        "status": row.status,
        "message_count": row.message_count,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "lead": {"id": row.lead_id, "name": row.lead_name, "email": row.lead_email},
        "last_message_at": row.last_message_at,
        "last_message_preview": row.last_message_preview,
    }


def conversation_detail(row: records.ConversationWithLead, messages: Sequence[records.Message]) -> ConversationDetail:
    """Show one conversation with the given messages."""
    return {
        "id": row.id,
        "lead_id": row.lead_id,
        "session_key": row.session_key,
        "channel": row.channel,
        "status": row.status,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "messages": [message(each) for each in messages],
        "lead": {"id": row.lead_id, "name": row.lead_name},
    }


def message(row: records.Message) -> Message:
    """Show a message."""
    return {
        "id": row.id,
        "conversation_id": row.conversation_id,
        "role": row.role,
        "content": row.content,
        "metadata": row.metadata,
        "created_at": row.created_at,
    }


def lead_item(row: records.Lead) -> LeadItem:
    """Show a lead in a list."""
    return {
        "id": row.id,
        "name": row.name,
        "phone": row.phone,
        "email": row.email,
        "company": row.company,
        "channel": row.channel,
        "status": row.status,
        "created_at": row.created_at,
    }


def lead(row: records.Lead) -> Lead:
    """Show all of a lead."""
    return {
        "id": row.id,
        "name": row.name,
        "phone": row.phone,
        "email": row.email,
        "company": row.company,
        "channel": row.channel,
        "channel_id": row.channel_id,
        "status": row.status,
        "preferred_services": row.preferred_services,
        "appointment_notes": row.appointment_notes,
        "metadata": row.metadata,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }


def page_number(page: int) -> Fragment:
    """Show the page's number as it was asked for: orjson itself stops at 64 bits."""
    return Fragment(str(page))
