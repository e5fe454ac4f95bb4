"""Lead, Conversation, Message and their enums: the records that all packages share.

They are named tuples: the database makes them by position, all others read attributes.
Statuses, channels and roles are the documented lower-case words; the enums list them.
"""

import re
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, NewType, TypeGuard
from uuid import UUID

from orjson import Fragment

_UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def is_uuid(text: object) -> TypeGuard[str]:
    """Say whether a text is a UUID as everybody writes one; UUID() reads much else."""
    return isinstance(text, str) and _UUID.fullmatch(text) is not None


def read_uuid(text: object) -> UUID:
    """Read a UUID. Raises ValueError."""
    if not is_uuid(text):
        raise ValueError("not a UUID")
    return UUID(text)


class Channel(StrEnum):
    """Where a conversation is held."""

    WHATSAPP = "whatsapp"
    TELEGRAM = "telegram"
    WEB = "web"
    VOICE = "voice"


class LeadChannel(StrEnum):
    """Where a lead came from."""

    WHATSAPP = "whatsapp"
    TELEGRAM = "telegram"
    WEB = "web"
    EMAIL = "email"
    VOICE = "voice"


class ConversationStatus(StrEnum):
    """How a conversation stands."""

    ACTIVE = "active"
    COMPLETED = "completed"
    ESCALATED = "escalated"
    ABANDONED = "abandoned"


class LeadStatus(StrEnum):
    """How far a lead has come on the way to an appointment."""

    NEW = "new"
    CONTACTED = "contacted"
    BOOKING_OFFERED = "booking_offered"
    BOOKED = "booked"
    CONFIRMED = "confirmed"
    COMPLETED = "completed"
    NO_SHOW = "no_show"
    CANCELLED = "cancelled"
    LOST = "lost"


class MessageRole(StrEnum):
    """Who speaks."""

    USER = "user"
    ASSISTANT = "assistant"
    SYSTEM = "system"


class ConversationOrderField(StrEnum):
    """What conversations can be ordered by."""

    UPDATED_AT = "updated_at"
    CREATED_AT = "created_at"
    MESSAGE_COUNT = "message_count"


class LeadOrderField(StrEnum):
    """What leads can be ordered by."""

    CREATED_AT = "created_at"
    UPDATED_AT = "updated_at"
    NAME = "name"


Version = NewType("Version", str)
"""Names a state of a row and of the rows that belong to it: every write makes another one, by any program."""


class Lead(NamedTuple):
    """A customer. `status` is a LeadStatus and `channel` a LeadChannel, as plain text."""

    id: UUID
    name: str
    phone: str | None
    email: str | None
    company: str | None
    channel: str
    channel_id: str | None
    status: str
    preferred_services: list[str]
    appointment_notes: str | None
    metadata_text: str
    created_at: datetime
    updated_at: datetime

    @property
    def metadata(self) -> Fragment:
        """A JSON object, as the database wrote it: answers carry it on without reading it."""
        return Fragment(self.metadata_text)


class Conversation(NamedTuple):
    """A thread of messages with one lead. `status` is a ConversationStatus, `channel` a Channel.

    The database keeps `message_count`, `last_message_at`, `last_message_preview` and `updated_at`.
    """

    id: UUID
    lead_id: UUID
    session_key: str
    channel: str
    status: str
    message_count: int
    created_at: datetime
    updated_at: datetime
    last_message_at: datetime | None
    last_message_preview: str | None


class ConversationWithLead(NamedTuple):
    """A conversation, and what identifies its lead to people."""

    conversation: Conversation
    lead_name: str
    lead_email: str | None


class Message(NamedTuple):
    """One message. `role` is a MessageRole; `arrival` orders what has the same `created_at`."""

    id: UUID
    conversation_id: UUID
    role: str
    content: str
    metadata_text: str
    created_at: datetime
    arrival: int

    @property
    def metadata(self) -> Fragment:
        """A JSON object, likewise."""
        return Fragment(self.metadata_text)
