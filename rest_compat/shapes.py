"""Shapes: the documented JSON objects, their keys in the documented order. OpenAPI is made of them."""

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
