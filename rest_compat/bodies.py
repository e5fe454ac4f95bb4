"""Bodies: the models of request bodies. Texts that are too long, blank or with NUL are refused."""

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
"""The values in metadata, at any depth. pydantic accepts any JSON: the writes check for NUL."""

Name = Annotated[str, Field(max_length=LONGEST_TEXT, pattern=NOT_BLANK, description="The customer's name; not blank.")]
Text = Annotated[str, Field(max_length=LONGEST_TEXT, pattern=TEXT)]
Notes = Annotated[str, Field(max_length=LONGEST_NOTES, pattern=TEXT)]
Services = Annotated[list[Text], Field(max_length=MOST_SERVICES, description="The services asked for.")]
Metadata = Annotated[
    dict[str, Any],
    Field(description="Notes, tags and custom fields: at most 100,000 characters of JSON."),
    WithJsonSchema(_OBJECT),
]
Source = Annotated[LeadChannel, Field(description="The channel by which the lead came.")]


class StatusUpdate(BaseModel):
    """A conversation's new status."""

    status: ConversationStatus = Field(description="The new status.")


def _left_out() -> Any:
    """Return None for a field that is left out. A plain default would be in the OpenAPI document."""


class _Contact(BaseModel):
    phone: Text | None = Field(default_factory=_left_out, description="Phone number.")
    email: Text | None = Field(default_factory=_left_out, description="E-mail address.")
    company: Text | None = Field(default_factory=_left_out, description="Company.")
    channel_id: Text | None = Field(default_factory=_left_out, description="The lead's id on that channel.")
    appointment_notes: Notes | None = Field(default_factory=_left_out, description="Notes on the request.")


class NewLead(_Contact):
    """A lead to create. Only `name` is required; its status is `new`."""

    name: Name
    channel: Source = LeadChannel.WEB
    preferred_services: Services = []
    metadata: Metadata = {}


class LeadChanges(_Contact):
    """The fields of a lead to change. Others keep their value; null clears a field that may be empty."""

    name: Name = Field(default_factory=_left_out)
    channel: Source = Field(default_factory=_left_out)
    status: LeadStatus = Field(default_factory=_left_out, description="The status.")
    preferred_services: Services = Field(default_factory=_left_out)
    metadata: Metadata = Field(default_factory=_left_out)
