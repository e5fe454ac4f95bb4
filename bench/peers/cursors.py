"""The gateway, its statements run by psycopg's own cursor: what the way below the cursor brings."""

from collections.abc import Mapping
from typing import Any

from psycopg import AsyncRawCursor

from gateway.app import application
from gateway.database import wire
from gateway.database.allowance import UNLIMITED, Allowance
from gateway.database.statements import Row, Statement


async def _rows(
    self: wire.Connection, statement: Statement[Row], parameters: Mapping[str, object], _: Allowance = UNLIMITED
) -> list[Row]:
    values = [parameters[name] for name in statement.names]
    async with AsyncRawCursor[Any](self) as cursor:
        await cursor.execute(statement.sql, values, prepare=True, binary=True)
        return [statement.make(row) for row in await cursor.fetchall()] if cursor.description else []


wire.Connection.rows = _rows  # type: ignore[method-assign, assignment]  # on purpose: see above

app = application()
