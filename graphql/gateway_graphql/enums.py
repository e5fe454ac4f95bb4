"""Enums: the documented words in GraphQL's spelling, each with what it means."""

from enum import StrEnum

import strawberry

from gateway.records import (
    Channel,
    ConversationOrderField,
    ConversationStatus,
    LeadChannel,
    LeadOrderField,
    LeadStatus,
    MessageRole,
)

__all__ = [
    "Channel",
    "ConversationOrderField",
    "ConversationStatus",
    "LeadChannel",
    "LeadOrderField",
    "LeadStatus",
    "MessageRole",
    "OrderDirection",
    "described",
]


def described(enum: type[StrEnum], description: str, **meanings: str) -> None:
    """Make an enum one of GraphQL's, with what it and each of its values means."""
    registered = strawberry.enum(enum, description=description)
    for value in registered.__strawberry_definition__.values:  # type: ignore[attr-defined]  # Strawberry puts it there
        value.description = meanings[value.name]


described(
    Channel,
    "The channel of a conversation.",
    WHATSAPP="WhatsApp.",
    TELEGRAM="Telegram.",
    WEB="The chat of a website.",
    VOICE="The phone.",
)
described(
    LeadChannel,
    "The channel by which a lead came.",
    WHATSAPP="WhatsApp.",
    TELEGRAM="Telegram.",
    WEB="The chat or a form of a website.",
    EMAIL="An e-mail.",
    VOICE="The phone.",
)
described(
    ConversationStatus,
    "The status of a conversation.",
    ACTIVE="It is in progress.",
    COMPLETED="A booking was made, or it ended naturally.",
    ESCALATED="It was handed over to a human.",
    ABANDONED="The customer stopped responding.",
)
described(
    LeadStatus,
    "The status of a lead, on the way to an appointment.",
    NEW="Nobody has answered yet.",
    CONTACTED="A conversation has begun.",
    BOOKING_OFFERED="An appointment was offered.",
    BOOKED="An appointment was made.",
    CONFIRMED="The customer confirmed the appointment.",
    COMPLETED="The appointment took place.",
    NO_SHOW="The customer did not come.",
    CANCELLED="The appointment was cancelled.",
    LOST="The customer will not come.",
)
described(
    MessageRole,
    "Who wrote a message.",
    USER="The customer.",
    ASSISTANT="The receptionist.",
    SYSTEM="The system: instructions and notices.",
)
described(
    ConversationOrderField,
    "The fields that conversations can be ordered by.",
    UPDATED_AT="The last activity. A conversation that changes moves to the front.",
    CREATED_AT="When it started: the order to visit all conversations.",
    MESSAGE_COUNT="The number of messages.",
)
described(
    LeadOrderField,
    "The fields that leads can be ordered by.",
    CREATED_AT="When the lead was recorded.",
    UPDATED_AT="The last change.",
    NAME="The name, by its first 200 characters.",
)


class OrderDirection(StrEnum):
    ASC = "asc"
    DESC = "desc"


described(
    OrderDirection,
    "The direction of an order.",
    ASC="Smallest or oldest first.",
    DESC="Largest or newest first.",
)
