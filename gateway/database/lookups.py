"""Lookups: rows by their ids, one result per id, in the order of the ids."""

from collections.abc import Callable, Sequence
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Table, Uuid, bindparam, literal_column, select, true

from gateway.database.statements import ORGANIZATION_ID, Statement, each_of
from gateway.database.tenant import Tenant


class _HasId(Protocol):
    @property
    def id(self) -> UUID: ...


Found = TypeVar("Found", bound=_HasId)


class Lookup(Generic[Found]):
    """Asks one table for rows by id."""

    def __init__(
        self, columns: Sequence[ColumnElement[Any]], make: Callable[[Sequence[Any]], Found], *, table: Table
    ) -> None:
        ids = each_of("ids")
        # Each by its own key, which the limit says. Asked for all at once, the planner would rather read an average
        # organization's rows, and so all of the biggest one's.
        row = select(*columns).where(table.c.organization_id == ORGANIZATION_ID, table.c.id == ids.c.id)
        found = row.limit(literal_column("1")).lateral("found")
        self._several = Statement(select(*found.c).select_from(ids.join(found, true())), make)
        key = table.c.id == bindparam("key", type_=Uuid)
        self.one = Statement(select(*columns).where(table.c.organization_id == ORGANIZATION_ID, key), make)
        """Finds the row with the id `key`."""

    async def by_id(self, tenant: Tenant, ids: Sequence[UUID]) -> list[Found | None]:
        """One row per id; None if the organization has no row with that id."""
        if len(ids) == 1:
            return [*await tenant.all(self.one, key=ids[0])] or [None]
        # By integers, because UUIDs are hashed and compared in Python.
        asked = {id.int: id for id in ids}
        found = {row.id.int: row for row in await tenant.all(self._several, ids=list(asked.values()))}
        answered = [found.get(id.int) for id in ids]
        if len(ids) > len(asked):
            tenant.show_again(row for row in answered if row)
        return answered
