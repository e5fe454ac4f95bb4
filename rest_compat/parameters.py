"""Parameters: what the paths, queries and bodies may hold. A model each; models validate and describe."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from gateway.database.conversations import ConversationFilter
from gateway.database.leads import LeadFilter
from gateway.database.paging import Window
from gateway.records import Channel, ConversationStatus, LeadChannel, LeadStatus

MOST_OFFSET = 2**63 - 1
"""No list is longer than the database can count."""


class ConversationPath(BaseModel):
    conversation_id: UUID = Field(description="The conversation's id.")


class LeadPath(BaseModel):
    lead_id: UUID = Field(description="The lead's id.")


class PageQuery(BaseModel):
    page: int = Field(default=1, ge=1, description="Page number.")
    size: int = Field(default=20, ge=1, le=100, description="Results per page.")

    @property
    def window(self) -> Window:
        return Window(self.size, offset=min((self.page - 1) * self.size, MOST_OFFSET))


class ConversationsQuery(PageQuery):
    lead_id: UUID | None = Field(default=None, description="Filter by lead id.")
    status: ConversationStatus | None = Field(default=None, description="Filter by status.")
    channel: Channel | None = Field(default=None, description="Filter by channel.")

    @property
    def filter(self) -> ConversationFilter:
        return ConversationFilter(self.lead_id, _word(self.status), _word(self.channel))


class LeadsQuery(PageQuery):
    status: LeadStatus | None = Field(default=None, description="Filter by status.")
    channel: LeadChannel | None = Field(default=None, description="Filter by channel.")
    # PostgreSQL's text cannot hold NUL: nothing could be found by it.
    search: Annotated[str, Field(pattern=r"^[^\x00]*$")] | None = Field(
        default=None, description="Any part of the name, email, company or phone."
    )

    @property
    def filter(self) -> LeadFilter:
        return LeadFilter(_word(self.status), _word(self.channel), self.search)


class MessagesQuery(BaseModel):
    limit: int = Field(default=100, ge=1, le=500, description="Most messages to return.")
    offset: int = Field(default=0, ge=0, description="Number of messages to skip.")

    @property
    def window(self) -> Window:
        return Window(self.limit, offset=min(self.offset, MOST_OFFSET))


class StatusUpdate(BaseModel):
    status: ConversationStatus = Field(description="The new status.")


def _word(value: StrEnum | None) -> tuple[str, ...] | None:
    return None if value is None else (value.value,)
