"""Bodies: what may be sent. What is longer, blank or no text of PostgreSQL's is refused by its field."""

from typing import Annotated, Any

from pydantic import BaseModel, Field, WithJsonSchema

from gateway.records import ConversationStatus, LeadChannel, LeadStatus
from gateway_graphql.user_errors import LONGEST_TEXT, MOST_SERVICES
from gateway_graphql.writes import LONGEST_NOTES

# PostgreSQL's text cannot hold NUL.
TEXT = r"^[^\x00]*$"
NOT_BLANK = r"^[^\x00]*[^\s\x00][^\x00]*$"

_TEXT = {"type": "string", "pattern": TEXT}
_OBJECT = {
    "type": "object",
    "propertyNames": _TEXT,
    "additionalProperties": {"$ref": "#/components/schemas/Json"},
}
JSON = {
    "description": "JSON without NUL in its texts.",
    "anyOf": [
        {"type": ["null", "boolean", "number"]},
        _TEXT,
        {"type": "array", "items": {"$ref": "#/components/schemas/Json"}},
        _OBJECT,
    ],
}
"""What metadata hold at any depth. pydantic reads it as anything: the writes look for NUL."""

Name = Annotated[str, Field(max_length=LONGEST_TEXT, pattern=NOT_BLANK, description="The customer's name; not blank.")]
Text = Annotated[str, Field(max_length=LONGEST_TEXT, pattern=TEXT)]
Notes = Annotated[str, Field(max_length=LONGEST_NOTES, pattern=TEXT)]
Services = Annotated[list[Text], Field(max_length=MOST_SERVICES, description="The services asked for.")]
Metadata = Annotated[
    dict[str, Any],
    Field(description="Notes, tags and custom fields: at most 100,000 characters of JSON."),
    WithJsonSchema(_OBJECT),
]
Source = Annotated[LeadChannel, Field(description="Where the lead came from.")]


class StatusUpdate(BaseModel):
    """How a conversation stands from now on."""

    status: ConversationStatus = Field(description="The new status.")


def _left_out() -> Any:
    """Return None where nothing was sent. A plain default would be described as what leaving out means."""


class _Contact(BaseModel):
    phone: Text | None = Field(default_factory=_left_out, description="Phone number.")
    email: Text | None = Field(default_factory=_left_out, description="E-mail address.")
    company: Text | None = Field(default_factory=_left_out, description="Company.")
    channel_id: Text | None = Field(default_factory=_left_out, description="Who this is on that channel.")
    appointment_notes: Notes | None = Field(default_factory=_left_out, description="Notes on the request.")


class NewLead(_Contact):
    """A lead to create. Only `name` is required; its status is `new`."""

    name: Name
    channel: Source = LeadChannel.WEB
    preferred_services: Services = []
    metadata: Metadata = {}


class LeadChanges(_Contact):
    """What to change of a lead. What is left out stays as it is; null clears what may be empty."""

    name: Name = Field(default_factory=_left_out)
    channel: Source = Field(default_factory=_left_out)
    status: LeadStatus = Field(default_factory=_left_out, description="How far the lead has come.")
    preferred_services: Services = Field(default_factory=_left_out)
    metadata: Metadata = Field(default_factory=_left_out)
