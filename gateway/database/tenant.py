"""Tenant: one organization's way into the database during one request."""

import time
from typing import NamedTuple
from uuid import UUID

from gateway.database.pool import Database
from gateway.database.statements import Row, Statement

MOST_REMEMBERED = 200
"""Statements of a request: of more, only number and time are known."""


class Ran(NamedTuple):
    """A statement that has run: its text, which holds no values, its time, and how many rows it found."""

    sql: str
    seconds: float
    rows: int


class Tenant:
    """One organization's way into the database during one request: every statement is given its id."""

    __slots__ = ("_database", "_run", "organization_id", "ran", "rows", "seconds", "statements")

    def __init__(self, database: Database, organization_id: UUID) -> None:
        self._database = database
        self._run = database.run
        self.organization_id = organization_id
        self.statements = 0
        """How many statements have run for this request."""
        self.rows = 0
        """How many rows they have found."""
        self.seconds = 0.0
        """How long they have taken, each by itself: some ran at once."""
        self.ran: list[Ran] = []
        """The first of them."""

    def keep_to_primary(self) -> None:
        """Read where all writes go: what is to see them at once asks there."""
        self._run = self._database.on_primary

    async def all(self, statement: Statement[Row], /, **parameters: object) -> list[Row]:
        """All rows. `organization_id` is among the parameters by itself."""
        self.statements += 1
        started, found = time.perf_counter(), 0
        try:
            rows = await self._run(statement, {"organization_id": self.organization_id, **parameters})
            found = len(rows)
            return rows
        finally:
            seconds = time.perf_counter() - started
            self.seconds += seconds
            self.rows += found
            if len(self.ran) < MOST_REMEMBERED:
                self.ran.append(Ran(statement.sql, seconds, found))

    async def first(self, statement: Statement[Row], /, **parameters: object) -> Row | None:
        """Return the first row, or None where there is none."""
        rows = await self.all(statement, **parameters)
        return rows[0] if rows else None
