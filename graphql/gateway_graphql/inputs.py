"""The inputs of lists: filters and orders, converted to those of the database."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import strawberry

from gateway.database.conversations import ConversationFilter
from gateway.database.leads import LeadFilter
from gateway.database.paging import Order
from gateway_graphql.enums import (
    Channel,
    ConversationOrderField,
    ConversationStatus,
    LeadChannel,
    LeadOrderField,
    LeadStatus,
    OrderDirection,
)
from gateway_graphql.errors import BadUserInput
from gateway_graphql.scalars import uuid_of

LONGEST_SEARCH = 500


@strawberry.input(
    name="ConversationFilter",
    description="Which conversations. `null` is no filter; an empty list matches nothing.",
)
class ConversationFilterInput:
    lead_id: strawberry.ID | None = strawberry.field(default=None, description="Only conversations with this lead.")
    status: list[ConversationStatus] | None = strawberry.field(
        default=None, description="Only with one of these statuses."
    )
    channel: list[Channel] | None = strawberry.field(default=None, description="Only on one of these channels.")
    updated_after: datetime | None = strawberry.field(
        default=None, description="Only with their last activity after this time, exclusive."
    )
    updated_before: datetime | None = strawberry.field(
        default=None, description="Only with their last activity before this time, exclusive."
    )
    search: str | None = strawberry.field(
        default=None,
        description="Only with this text in the session key, or in the lead's name, email or phone.",
    )

    def asked(self) -> ConversationFilter:
        """Read the filter. Raises BadUserInput."""
        return ConversationFilter(
            lead_id=None if self.lead_id is None else uuid_of(self.lead_id, "filter.leadId"),
            status=_words(self.status),
            channel=_words(self.channel),
            updated_after=self.updated_after,
            updated_before=self.updated_before,
            search=_search(self.search),
        )


@strawberry.input(name="LeadFilter", description="Which leads. `null` is no filter; an empty list matches nothing.")
class LeadFilterInput:
    status: list[LeadStatus] | None = strawberry.field(default=None, description="Only with one of these statuses.")
    channel: list[LeadChannel] | None = strawberry.field(default=None, description="Only from one of these channels.")
    search: str | None = strawberry.field(
        default=None, description="Only with this text in the name, email, company or phone."
    )
    created_after: datetime | None = strawberry.field(
        default=None, description="Only recorded after this time, exclusive."
    )
    created_before: datetime | None = strawberry.field(
        default=None, description="Only recorded before this time, exclusive."
    )

    def asked(self) -> LeadFilter:
        """Read the filter. Raises BadUserInput."""
        return LeadFilter(
            status=_words(self.status),
            channel=_words(self.channel),
            search=_search(self.search),
            created_after=self.created_after,
            created_before=self.created_before,
        )


@strawberry.input(name="ConversationOrder", description="An order of conversations.")
class ConversationOrderInput:
    field: ConversationOrderField = strawberry.field(
        default=ConversationOrderField.UPDATED_AT, description="The field to order by."
    )
    direction: OrderDirection = strawberry.field(default=OrderDirection.DESC, description="The direction of the order.")

    def asked(self) -> Order:
        """Read the order."""
        return Order(self.field.value, self.direction is OrderDirection.DESC)


@strawberry.input(name="LeadOrder", description="An order of leads.")
class LeadOrderInput:
    field: LeadOrderField = strawberry.field(default=LeadOrderField.CREATED_AT, description="The field to order by.")
    direction: OrderDirection = strawberry.field(default=OrderDirection.DESC, description="The direction of the order.")

    def asked(self) -> Order:
        """Read the order."""
        return Order(self.field.value, self.direction is OrderDirection.DESC)


def _words(values: Sequence[StrEnum] | None) -> tuple[str, ...] | None:
    return None if values is None else tuple(dict.fromkeys(value.value for value in values))


def _search(text: str | None) -> str | None:
    if text is not None and "\0" in text:
        raise BadUserInput("`filter.search` holds a NUL character.")
    if text is not None and len(text) > LONGEST_SEARCH:
        raise BadUserInput(f"`filter.search` may have {LONGEST_SEARCH} characters at most, not {len(text)}.")
    return text
