"""The tables as SQLAlchemy's ORM has them, for the plain Strawberry peer."""

from datetime import datetime
from enum import Enum
from typing import Any, ClassVar
from uuid import UUID

import sqlalchemy
from sqlalchemy import ARRAY, DateTime, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Channel(Enum):
    """Where a conversation is held."""

    WHATSAPP = "whatsapp"
    TELEGRAM = "telegram"
    WEB = "web"
    VOICE = "voice"
    EMAIL = "email"


class ConversationStatus(Enum):
    """How a conversation stands."""

    ACTIVE = "active"
    COMPLETED = "completed"
    ESCALATED = "escalated"
    ABANDONED = "abandoned"


class LeadStatus(Enum):
    """How far a lead has come."""

    NEW = "new"
    CONTACTED = "contacted"
    BOOKING_OFFERED = "booking_offered"
    BOOKED = "booked"
    CONFIRMED = "confirmed"
    COMPLETED = "completed"
    NO_SHOW = "no_show"
    CANCELLED = "cancelled"
    LOST = "lost"


class MessageRole(Enum):
    """Who speaks."""

    USER = "user"
    ASSISTANT = "assistant"
    SYSTEM = "system"


def _values(type: type[Enum]) -> list[str]:
    return [member.value for member in type]


def _text_enum(type: type[Enum]) -> sqlalchemy.Enum:
    return sqlalchemy.Enum(type, native_enum=False, values_callable=_values, length=None)


class Entity(DeclarativeBase):
    """What every table has."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {  # SQLAlchemy's own form
        dict[str, Any]: JSONB,
        list[str]: ARRAY(Text),
        datetime: DateTime(timezone=True),
        **{type: _text_enum(type) for type in (Channel, ConversationStatus, LeadStatus, MessageRole)},
    }


class Lead(Entity):
    """A customer."""

    __tablename__ = "leads"
    organization_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    phone: Mapped[str | None]
    email: Mapped[str | None]
    company: Mapped[str | None]
    channel: Mapped[Channel]
    channel_id: Mapped[str | None]
    status: Mapped[LeadStatus]
    preferred_services: Mapped[list[str]]
    appointment_notes: Mapped[str | None]
    details: Mapped[dict[str, Any]] = mapped_column("metadata")
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Conversation(Entity):
    """A thread of messages with one lead."""

    __tablename__ = "conversations"
    organization_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    lead_id: Mapped[UUID]
    session_key: Mapped[str]
    channel: Mapped[Channel]
    status: Mapped[ConversationStatus]
    message_count: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    last_message_at: Mapped[datetime | None]
    last_message_preview: Mapped[str | None]


class Message(Entity):
    """One message."""

    __tablename__ = "messages"
    organization_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    conversation_id: Mapped[UUID]
    role: Mapped[MessageRole]
    content: Mapped[str]
    details: Mapped[dict[str, Any]] = mapped_column("metadata")
    created_at: Mapped[datetime]
    arrival: Mapped[int]
