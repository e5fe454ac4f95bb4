"""The gateway, its statements run by psycopg's own cursor: what the way below the cursor brings."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Any

from psycopg import AsyncRawCursor

from gateway.app import application
from gateway.database import wire
from gateway.database.allowance import UNLIMITED, Allowance
from gateway.database.statements import Pipeline, Row, Statement


async def _rows(
    self: wire.Connection, statement: Statement[Row], parameters: Mapping[str, object], _: Allowance = UNLIMITED
) -> list[Row]:
    async with AsyncExitStack() as stack:
        if isinstance(statement, Pipeline):
            await stack.enter_async_context(self.pipeline())
        ran = [(each, await _run(self, each, parameters)) for each in statement.parts]
        rows = [[each.make(row) for row in await cursor.fetchall()] for each, cursor in ran]
    answered: Any = rows if isinstance(statement, Pipeline) else rows[0]
    return list(answered)


async def _run(
    connection: wire.Connection, statement: Statement[Any], parameters: Mapping[str, object]
) -> AsyncRawCursor[Any]:
    cursor = AsyncRawCursor[Any](connection)
    values = [parameters[name] for name in statement.names]
    return await cursor.execute(statement.sql, values, prepare=True, binary=True)


wire.Connection.rows = _rows  # type: ignore[method-assign, assignment]  # on purpose: see above

app = application()
