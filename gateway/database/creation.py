"""Creation: one row inserted, and once only for each idempotency key, in one statement."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, NamedTuple
from uuid import UUID, uuid4

from sqlalchemy import (
    CTE,
    ColumnElement,
    Table,
    Uuid,
    bindparam,
    delete,
    func,
    insert,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import insert as postgresql_insert

from gateway.database.pool import Tenant
from gateway.database.statements import ORGANIZATION_ID, Row, Statement
from gateway.database.tables import idempotency_keys as keys

KEPT_HOURS = 24


class IdempotencyKey(NamedTuple):
    """A client's key, and a digest of what it asks for under it."""

    key: str
    request: bytes


class EarlierCreation(NamedTuple):
    """What was asked for under a key before, and the row that it made."""

    request: bytes
    row_id: UUID


class Creation(Generic[Row]):
    """Inserts rows into one table. Columns that are not named have their defaults."""

    def __init__(
        self,
        table: Table,
        names: Sequence[str],
        returned: Sequence[ColumnElement[Any]],
        make: Callable[[Sequence[Any]], Row],
    ) -> None:
        """`names` are the columns to be given; `make` takes a row of the `returned` ones."""
        self.table = table.name
        columns = ["organization_id", "id", *names]
        values = {name: bindparam(name, type_=table.c[name].type) for name in columns}
        self._plain = Statement(insert(table).values(values).returning(*returned), make)
        rows = select(*values.values()).select_from(_claimed()).add_cte(_swept())
        self._claiming = Statement(insert(table).from_select(columns, rows).returning(*returned), make)

    async def __call__(
        self, tenant: Tenant, values: Mapping[str, object], key: IdempotencyKey | None
    ) -> Row | EarlierCreation:
        """Insert a row, unless the key has made one already. Raises MissingReference for an unknown parent."""
        row = {"id": uuid4(), **values}
        if key is None:
            return (await tenant.all(self._plain, **row))[0]
        created = await tenant.first(self._claiming, **row, key=key.key, request=key.request)
        return created or (await tenant.all(_EARLIER, key=key.key))[0]


_KEY = bindparam("key", type_=keys.c.key.type)
_HELD_FROM = func.now() - literal_column(f"interval '{KEPT_HOURS} hours'")

_EARLIER = Statement(
    select(keys.c.request, keys.c.row_id).where(keys.c.organization_id == ORGANIZATION_ID, keys.c.key == _KEY),
    EarlierCreation._make,
)


def _claimed() -> CTE:
    """Return one row if the key is free, or was used so long ago that it is free again; else none."""
    mine = {
        "request": bindparam("request", type_=keys.c.request.type),
        "row_id": bindparam("id", type_=Uuid),
        "created_at": func.now(),
    }
    claim = postgresql_insert(keys).values(organization_id=ORGANIZATION_ID, key=_KEY, **mine)
    return (
        claim.on_conflict_do_update(
            index_elements=[keys.c.organization_id, keys.c.key],
            set_=mine,
            where=keys.c.created_at < _HELD_FROM,
        )
        .returning(keys.c.key)
        .cte("claimed")
    )


def _swept() -> CTE:
    """Forget some keys that nobody may use any more, so that the table keeps its size."""
    old = (
        select(keys.c.key)
        .where(keys.c.organization_id == ORGANIZATION_ID, keys.c.created_at < _HELD_FROM, keys.c.key != _KEY)
        .limit(literal_column("10"))
        .with_for_update(skip_locked=True)
    )
    return delete(keys).where(keys.c.organization_id == ORGANIZATION_ID, keys.c.key.in_(old)).cte("swept")
