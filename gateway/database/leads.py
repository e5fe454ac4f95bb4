"""Every question asked of leads."""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from operator import attrgetter
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import DateTime, Text, Uuid, and_, bindparam, func, literal_column, select, update
from sqlalchemy.dialects.postgresql import ARRAY, array

from gateway.database.creation import Creation
from gateway.database.filters import any_part, choice
from gateway.database.listing import Listing
from gateway.database.lookups import Lookup
from gateway.database.paging import Keyset
from gateway.database.statements import ORGANIZATION_ID, Statement, record, scalar
from gateway.database.tables import NAME_KEY_LENGTH, lead_name_key, lead_parts, leads
from gateway.database.tenant import Tenant
from gateway.records import Lead, LeadOrderField, Version


class LeadFilter(NamedTuple):
    """Which leads; None asks for nothing, an empty choice matches nothing. Bounds are exclusive."""

    status: tuple[str, ...] | None = None
    channel: tuple[str, ...] | None = None
    search: str | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None
    id: UUID | None = None

    def fits(self, row: Lead) -> bool:
        """Say whether a row passes all but `search`, which only the database can say."""
        return (
            (self.status is None or row.status in self.status)
            and (self.channel is None or row.channel in self.channel)
            and (self.created_after is None or row.created_at > self.created_after)
            and (self.created_before is None or row.created_at < self.created_before)
        )


_COLUMNS, _MAKE = record(leads, Lead)
_CREATED_AFTER = bindparam("created_after", type_=DateTime(timezone=True))
_CREATED_BEFORE = bindparam("created_before", type_=DateTime(timezone=True))

_MATCHING = any_part(leads.c.name, leads.c.email, leads.c.company, leads.c.phone)
# Every part of what is searched for is a part of what is found: the index finds it, and a little more.
has_part = lead_parts.op("@>")(
    func.gateway_parts(ORGANIZATION_ID, array([bindparam("part", type_=Text)]), type_=ARRAY(Text))
)

listing: Listing[Lead, LeadFilter] = Listing(
    _COLUMNS,
    _MAKE,
    table=leads,
    parent=None,
    counts_are_kept=True,
    keysets={
        LeadOrderField.CREATED_AT: Keyset(leads.c.created_at, leads.c.id, attrgetter("created_at", "id")),
        LeadOrderField.UPDATED_AT: Keyset(leads.c.updated_at, leads.c.id, attrgetter("updated_at", "id")),
        LeadOrderField.NAME: Keyset(lead_name_key, leads.c.id, lambda lead: (lead.name[:NAME_KEY_LENGTH], lead.id)),
    },
    criteria={
        "id": leads.c.id == bindparam("id", type_=Uuid),
        **choice(leads.c.status, "status"),
        **choice(leads.c.channel, "channel"),
        "search": and_(has_part, _MATCHING),
        "search_short": _MATCHING,
        "created_after": leads.c.created_at > _CREATED_AFTER,
        "created_before": leads.c.created_at < _CREATED_BEFORE,
    },
)
leads_by_id = Lookup(_COLUMNS, _MAKE, table=leads).by_id

WRITABLE = [
    str(column.name)  # of a class of SQLAlchemy's own, which orjson does not take for a key
    for column in leads.c
    if column.name not in {"organization_id", "id", "status", "created_at", "updated_at"}
]
insert_lead = Creation(leads, WRITABLE, _COLUMNS, _MAKE)


_BY_KEY = (leads.c.organization_id == ORGANIZATION_ID, leads.c.id == bindparam("key", type_=Uuid))
# `xmin` is the transaction that wrote a row last.
_version = literal_column("leads.xmin").cast(Text)
_ASK_VERSION = Statement(select(_version).select_from(leads).where(*_BY_KEY), scalar)


async def lead_version(tenant: Tenant, id: UUID) -> Version | None:
    """The version of a lead; None where the organization has none."""
    return await tenant.first(_ASK_VERSION, key=id)


async def update_lead(
    tenant: Tenant, id: UUID, changes: Mapping[str, object], seen: Version | None = None
) -> Lead | None:
    """Change some columns of a lead. Answers the changed row, or None where the organization has none (as seen)."""
    if not changes:
        return (await leads_by_id(tenant, [id]))[0]
    values = {f"new_{name}": value for name, value in changes.items()}
    return await tenant.first(_update(frozenset(changes), as_seen=seen is not None), key=id, seen=seen, **values)


@lru_cache(maxsize=512)
def _update(names: frozenset[str], *, as_seen: bool) -> Statement[Lead]:
    changes = {name: bindparam(f"new_{name}", type_=leads.c[name].type) for name in sorted(names)}
    conditions = (*_BY_KEY, _version == bindparam("seen", type_=Text)) if as_seen else _BY_KEY
    return Statement(update(leads).where(*conditions).values(changes).returning(*_COLUMNS), _MAKE)
