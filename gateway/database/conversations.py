"""Every question asked of conversations."""

from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    DateTime,
    FromClause,
    Select,
    Text,
    Uuid,
    bindparam,
    literal_column,
    or_,
    select,
    update,
)

from gateway.database.creation import Creation
from gateway.database.filters import any_part, choice
from gateway.database.leads import has_part
from gateway.database.listing import Listing
from gateway.database.lookups import Lookup
from gateway.database.paging import Keyset
from gateway.database.statements import ORGANIZATION_ID, Statement, record, scalar
from gateway.database.tables import conversations, leads
from gateway.database.tenant import Tenant
from gateway.records import Conversation, ConversationOrderField, ConversationWithLead, Version


class ConversationFilter(NamedTuple):
    """Which conversations; None asks for nothing, an empty choice matches nothing. Bounds are exclusive."""

    lead_id: UUID | None = None
    status: tuple[str, ...] | None = None
    channel: tuple[str, ...] | None = None
    updated_after: datetime | None = None
    updated_before: datetime | None = None
    search: str | None = None
    id: UUID | None = None

    def fits(self, row: Conversation) -> bool:
        """Say whether a row passes all but `search`, which only the database can say."""
        return (
            (self.lead_id is None or row.lead_id == self.lead_id)
            and (self.status is None or row.status in self.status)
            and (self.channel is None or row.channel in self.channel)
            and (self.updated_after is None or row.updated_at > self.updated_after)
            and (self.updated_before is None or row.updated_at < self.updated_before)
        )


_COLUMNS, _MAKE = record(conversations, Conversation)
_UPDATED_AFTER = bindparam("updated_after", type_=DateTime(timezone=True))
_UPDATED_BEFORE = bindparam("updated_before", type_=DateTime(timezone=True))
_MATCHING_LEADS = select(leads.c.id).where(
    leads.c.organization_id == ORGANIZATION_ID, any_part(leads.c.name, leads.c.email, leads.c.phone)
)


def _matching(found_leads: Select[tuple[UUID]]) -> ColumnElement[bool]:
    return or_(any_part(conversations.c.session_key), conversations.c.lead_id.in_(found_leads))


_KEYSETS: dict[str, Keyset] = {
    field: Keyset(conversations.c[field], conversations.c.id, attrgetter(field, "id"))
    for field in ConversationOrderField
}
_CRITERIA = {
    "id": conversations.c.id == bindparam("id", type_=Uuid),
    "lead_id": conversations.c.lead_id == bindparam("lead_id", type_=Uuid),
    **choice(conversations.c.status, "status"),
    **choice(conversations.c.channel, "channel"),
    "updated_after": conversations.c.updated_at > _UPDATED_AFTER,
    "updated_before": conversations.c.updated_at < _UPDATED_BEFORE,
    "search": _matching(_MATCHING_LEADS.where(has_part)),
    "search_short": _matching(_MATCHING_LEADS),
}
listing: Listing[Conversation, ConversationFilter] = Listing(
    _COLUMNS,
    _MAKE,
    table=conversations,
    parent=conversations.c.lead_id,
    keysets=_KEYSETS,
    criteria=_CRITERIA,
    counts_are_kept=True,
)
lookup = Lookup(_COLUMNS, _MAKE, table=conversations)
conversations_by_id = lookup.by_id

insert_conversation = Creation(conversations, ["lead_id", "session_key", "channel"], _COLUMNS, _MAKE)

BY_KEY = (conversations.c.organization_id == ORGANIZATION_ID, conversations.c.id == bindparam("key", type_=Uuid))
ITS_LEAD = (leads.c.organization_id == ORGANIZATION_ID, leads.c.id == conversations.c.lead_id)
# `xmin` is the transaction that wrote a row last. A write to a message writes its conversation, too.
_version: ColumnElement[str] = literal_column("conversations.xmin::text || ' ' || leads.xmin::text", Text)
_ASK_VERSION = Statement(select(_version).where(*BY_KEY, *ITS_LEAD), scalar)


def _lead_of(conversation: FromClause) -> FromClause:
    """What identifies the lead of each conversation."""
    named = select(leads.c.name.label("lead_name"), leads.c.email.label("lead_email"))
    of_it = (leads.c.organization_id == ORGANIZATION_ID, leads.c.id == conversation.c.lead_id)
    return named.where(*of_it).lateral("lead")


def _with_lead(row: Sequence[Any]) -> ConversationWithLead:
    """Make a record of a conversation's columns, and those of `_lead_of` behind them."""
    *own, name, email = row
    return ConversationWithLead(_MAKE(own), name, email)


listing_with_leads: Listing[ConversationWithLead, ConversationFilter] = Listing(
    _COLUMNS,
    _with_lead,
    table=conversations,
    parent=None,
    keysets=_KEYSETS,
    criteria=_CRITERIA,
    counts_are_kept=True,
    beside=_lead_of,
)


def _changing(*conditions: ColumnElement[bool]) -> Statement[ConversationWithLead]:
    change = update(conversations).values(status=bindparam("new_status", type_=Text))
    lead = (leads.c.name.label("lead_name"), leads.c.email.label("lead_email"))
    return Statement(change.where(*BY_KEY, *ITS_LEAD, *conditions).returning(*_COLUMNS, *lead), _with_lead)


_SET_STATUS = _changing()
_SET_STATUS_AS_SEEN = _changing(_version == bindparam("seen", type_=Text))


async def conversation_version(tenant: Tenant, id: UUID) -> Version | None:
    """The version of a conversation, its messages and its lead; None where the organization has none."""
    return await tenant.first(_ASK_VERSION, key=id)


async def set_conversation_status(
    tenant: Tenant, id: UUID, status: str, seen: Version | None = None
) -> ConversationWithLead | None:
    """Change a conversation's status. Answers the changed row, or None where the organization has none (as seen)."""
    if seen is None:
        return await tenant.first(_SET_STATUS, key=id, new_status=status)
    return await tenant.first(_SET_STATUS_AS_SEEN, key=id, new_status=status, seen=seen)
