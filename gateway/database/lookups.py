"""Rows by their ids: one answer a key, in the order of the keys."""

from collections.abc import Callable, Sequence
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Table, Uuid, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY

from gateway.database.pool import Tenant
from gateway.database.statements import Statement


class _HasId(Protocol):
    @property
    def id(self) -> UUID: ...


Found = TypeVar("Found", bound=_HasId)


class Lookup(Generic[Found]):
    """Asks one table for rows by id."""

    def __init__(
        self, columns: Sequence[ColumnElement[Any]], make: Callable[[Sequence[Any]], Found], *, table: Table
    ) -> None:
        self._statement = Statement(
            select(*columns).where(
                table.c.organization_id == bindparam("organization_id", type_=Uuid),
                table.c.id == bindparam("ids", type_=ARRAY(Uuid)).any_(),
            ),
            make,
        )

    async def by_id(self, tenant: Tenant, ids: Sequence[UUID]) -> list[Found | None]:
        """One row an id; None where the organization has none of that id."""
        rows = await tenant.all(self._statement, ids=list(dict.fromkeys(ids)))
        found = {row.id: row for row in rows}
        return [found.get(id) for id in ids]
