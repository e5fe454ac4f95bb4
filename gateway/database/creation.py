"""Creation: inserts one row, at most once for each idempotency key, in one statement."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, NamedTuple
from uuid import UUID, uuid4

from sqlalchemy import (
    ColumnElement,
    Table,
    Uuid,
    bindparam,
    delete,
    insert,
    literal_column,
    or_,
    select,
)

from gateway.database.errors import AlreadyThere
from gateway.database.statements import ORGANIZATION_ID, Row, Statement
from gateway.database.tables import idempotency_keys as keys
from gateway.database.tenant import Tenant

_HELD = timedelta(hours=24)
"""How long a key is good for."""


class IdempotencyKey(NamedTuple):
    """A client's key, and a digest of what it asks for under it."""

    key: str
    request: bytes


class EarlierCreation(NamedTuple):
    """What was asked for under a key before, and the row that it made."""

    request: bytes
    row_id: UUID


_KEY = bindparam("key", type_=keys.c.key.type)
_EARLIER = Statement(
    select(keys.c.request, keys.c.row_id).where(keys.c.organization_id == ORGANIZATION_ID, keys.c.key == _KEY),
    EarlierCreation._make,
)

# In front of a claim: what was used so long ago is free again. Some others go, so that the table keeps its size.
_OLD = (
    keys.c.organization_id == ORGANIZATION_ID,
    keys.c.created_at < bindparam("held_from", type_=keys.c.created_at.type),
)
_SOME = (
    select(keys.c.key).where(*_OLD, keys.c.key != _KEY).limit(literal_column("10")).with_for_update(skip_locked=True)
)
_SWEEP = Statement(delete(keys).where(*_OLD, or_(keys.c.key == _KEY, keys.c.key.in_(_SOME))), tuple)
_CLAIM = Statement(
    insert(keys).values(
        organization_id=ORGANIZATION_ID,
        key=_KEY,
        request=bindparam("request", type_=keys.c.request.type),
        row_id=bindparam("id", type_=Uuid),
    ),
    tuple,
)


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
        query = insert(table).values(values).returning(*returned)
        self._plain = Statement(query, make)
        self._claiming = Statement(query, make, preceded_by=(_SWEEP, _CLAIM))

    async def __call__(
        self, tenant: Tenant, values: Mapping[str, object], key: IdempotencyKey | None
    ) -> Row | EarlierCreation:
        """Insert a row, unless the key has made one already. Raises MissingReference for an unknown parent."""
        row = {"id": uuid4(), **values}
        if key is None:
            return (await tenant.all(self._plain, **row))[0]
        asked = {**row, "key": key.key, "request": key.request, "held_from": datetime.now(UTC) - _HELD}
        while True:
            try:
                return (await tenant.all(self._claiming, **asked))[0]
            except AlreadyThere:
                if earlier := await tenant.first(_EARLIER, key=key.key):
                    return earlier  # unless it was swept away just now
