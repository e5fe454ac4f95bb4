"""The inputs of mutations. A field that is left out is UNSET; null clears what may be empty."""

from typing import Any

import strawberry

from gateway_graphql.enums import Channel, ConversationStatus, LeadChannel, LeadStatus, MessageRole
from gateway_graphql.scalars import JSON

_KEY = "Makes retries safe: for 24 hours the same key returns what was created first. At most 255 characters."
_METADATA = "Notes, tags and custom fields: an object."


@strawberry.input(description="A conversation and its new status.")
class UpdateConversationStatusInput:
    id: strawberry.ID = strawberry.field(description="The conversation's id.")
    status: ConversationStatus = strawberry.field(description="The new status.")


@strawberry.input(description="A conversation to start.")
class StartConversationInput:
    lead_id: strawberry.ID = strawberry.field(description="The lead.")
    channel: Channel = strawberry.field(description="The channel.")
    session_key: str = strawberry.field(description="The channel's key of the session. It need not be unique.")
    idempotency_key: str | None = strawberry.field(default=None, description=_KEY)


@strawberry.input(description="A message to add.")
class AddMessageInput:
    conversation_id: strawberry.ID = strawberry.field(description="The conversation, with any status.")
    role: MessageRole = strawberry.field(description="Who wrote a message.")
    content: str = strawberry.field(description="The text: at most 100,000 characters; it may be empty.")
    metadata: JSON | None = strawberry.field(default=None, description="Data of the provider: an object.")
    idempotency_key: str | None = strawberry.field(default=None, description=_KEY)


@strawberry.input(description="A lead to create.")
class CreateLeadInput:
    name: str = strawberry.field(description="The customer's name; not empty.")
    phone: str | None = strawberry.field(default=None, description="Phone number.")
    email: str | None = strawberry.field(default=None, description="E-mail address.")
    company: str | None = strawberry.field(default=None, description="Company.")
    channel: LeadChannel | None = strawberry.field(
        default=LeadChannel.WEB, description="The channel by which the lead came."
    )
    channel_id: str | None = strawberry.field(default=None, description="The lead's id on that channel.")
    preferred_services: list[str] | None = strawberry.field(default=None, description="The services asked for.")
    appointment_notes: str | None = strawberry.field(default=None, description="Notes on the request.")
    metadata: JSON | None = strawberry.field(default=None, description=_METADATA)
    idempotency_key: str | None = strawberry.field(default=None, description=_KEY)


@strawberry.input(description="A lead, and the fields to change. Fields that are left out keep their value.")
class UpdateLeadInput:
    id: strawberry.ID = strawberry.field(description="The lead's id.")
    name: str | None = strawberry.field(default=strawberry.UNSET, description="The customer's name; not empty.")
    phone: str | None = strawberry.field(default=strawberry.UNSET, description="Phone number; null clears it.")
    email: str | None = strawberry.field(default=strawberry.UNSET, description="E-mail address; null clears it.")
    company: str | None = strawberry.field(default=strawberry.UNSET, description="Company; null clears it.")
    channel: LeadChannel | None = strawberry.field(
        default=strawberry.UNSET, description="The channel by which the lead came."
    )
    channel_id: str | None = strawberry.field(
        default=strawberry.UNSET, description="The lead's id on that channel; null clears it."
    )
    status: LeadStatus | None = strawberry.field(default=strawberry.UNSET, description="The status.")
    preferred_services: list[str] | None = strawberry.field(
        default=strawberry.UNSET, description="The services asked for."
    )
    appointment_notes: str | None = strawberry.field(
        default=strawberry.UNSET, description="Notes on the request; null clears them."
    )
    metadata: JSON | None = strawberry.field(default=strawberry.UNSET, description=_METADATA)


def given(input: Any, *, without: frozenset[str]) -> dict[str, Any]:
    """Return the fields of an input that were not left out, by their Python names."""
    return {name: value for name, value in vars(input).items() if value is not strawberry.UNSET and name not in without}
