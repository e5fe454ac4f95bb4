"""Parameters: what paths, queries and headers may hold. A model each; models validate and describe."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from gateway.database.conversations import ConversationFilter
from gateway.database.leads import LeadFilter
from gateway.database.paging import Window
from gateway.records import Channel, ConversationStatus, LeadChannel, LeadStatus
from gateway_graphql.writes import LONGEST_KEY
from rest_compat.links import Links

MOST_OFFSET = 2**63 - 1
"""No list is longer than the database can count."""


class ConversationPath(BaseModel):
    conversation_id: UUID = Field(
        description="The conversation's id.", examples=["880b0500-0000-4000-8000-000000000000"]
    )


class LeadPath(BaseModel):
    lead_id: UUID = Field(description="The lead's id.", examples=["550e8400-0000-4000-8000-000000000000"])


class PageQuery(BaseModel):
    page: int = Field(default=1, ge=1, description="Page number.")
    size: int = Field(default=20, ge=1, le=100, description="Results per page.")

    @property
    def window(self) -> Window:
        return Window(self.size, offset=min((self.page - 1) * self.size, MOST_OFFSET))

    def links(self, total: int) -> Links:
        """The neighbouring pages of a list of so many rows."""
        last = max(1, -(-total // self.size))
        prev = min(self.page - 1, last) if self.page > 1 else None
        return Links("page", first=1, prev=prev, next=self.page + 1 if self.page < last else None, last=last)


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

    def links(self, total: int) -> Links:
        """The neighbouring parts of a list of so many rows."""
        last = max(0, total - 1) // self.limit * self.limit
        prev = max(0, min(self.offset - self.limit, last)) if self.offset else None
        behind = self.offset + self.limit
        return Links("offset", first=0, prev=prev, next=behind if behind < total else None, last=last)


class IdempotencyHeader(BaseModel):
    idempotency_key: Annotated[str, Field(max_length=LONGEST_KEY, pattern=r"\S")] | None = Field(
        default=None,
        alias="idempotency-key",
        description="Makes retries safe: for 24 hours the same key returns what was created first.",
    )


def _word(value: StrEnum | None) -> tuple[str, ...] | None:
    return None if value is None else (value.value,)
