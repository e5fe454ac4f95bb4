"""Every question asked of leads."""

from datetime import datetime
from operator import attrgetter
from typing import NamedTuple

from sqlalchemy import DateTime, bindparam

from gateway.database.filters import any_part, choice
from gateway.database.listing import Listing
from gateway.database.lookups import Lookup
from gateway.database.paging import Keyset
from gateway.database.tables import NAME_KEY_LENGTH, lead_name_key, leads
from gateway.records import Lead, LeadOrderField


class LeadFilter(NamedTuple):
    """Which leads; None asks for nothing, an empty choice matches nothing. Bounds are exclusive."""

    status: tuple[str, ...] | None = None
    channel: tuple[str, ...] | None = None
    search: str | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None


_COLUMNS = [leads.c[name] for name in Lead._fields]
_CREATED_AFTER = bindparam("created_after", type_=DateTime(timezone=True))
_CREATED_BEFORE = bindparam("created_before", type_=DateTime(timezone=True))

listing: Listing[Lead, LeadFilter] = Listing(
    _COLUMNS,
    Lead._make,
    table=leads,
    parent=None,
    keysets={
        LeadOrderField.CREATED_AT: Keyset(leads.c.created_at, leads.c.id, attrgetter("created_at", "id")),
        LeadOrderField.UPDATED_AT: Keyset(leads.c.updated_at, leads.c.id, attrgetter("updated_at", "id")),
        LeadOrderField.NAME: Keyset(
            lead_name_key, leads.c.id, lambda lead: (lead.name[:NAME_KEY_LENGTH], lead.id)
        ),
    },
    criteria={
        **choice(leads.c.status, "status"),
        **choice(leads.c.channel, "channel"),
        "search": any_part(leads.c.name, leads.c.email, leads.c.company, leads.c.phone),
        "created_after": leads.c.created_at > _CREATED_AFTER,
        "created_before": leads.c.created_at < _CREATED_BEFORE,
    },
)
leads_by_id = Lookup(_COLUMNS, Lead._make, table=leads).by_id
