"""Tenant: one organization's access to the database during one request."""

import time
from collections.abc import Iterable
from typing import Any, NamedTuple
from uuid import UUID

from gateway.database.allowance import Allowance
from gateway.database.pool import Database
from gateway.database.statements import Row, Statement

MOST_REMEMBERED = 200
"""Statements of a request that are remembered; of further ones only number and time are known."""


class Ran(NamedTuple):
    """A statement that has run: its text, without values, its time, and its number of rows."""

    sql: str
    seconds: float
    rows: int


class Tenant:
    """One organization's access to the database during one request: every statement gets its id."""

    __slots__ = (
        "_allowance",
        "_database",
        "_run",
        "most_bytes",
        "organization_id",
        "ran",
        "rows",
        "seconds",
        "statements",
    )

    def __init__(self, database: Database, organization_id: UUID, allowance: Allowance | None = None) -> None:
        """Without an `allowance` for all of its statements, each has its own."""
        self._allowance = allowance
        self.most_bytes = database.most_bytes
        self._database = database
        self._run = database.run
        self.organization_id = organization_id
        self.statements = 0
        """Statements that have run for this request."""
        self.rows = 0
        """Rows that they have found."""
        self.seconds = 0.0
        """The sum of their times; some ran concurrently."""
        self.ran: list[Ran] = []
        """The first of them."""

    def keep_to_primary(self) -> None:
        """Read from the primary, to see all writes at once."""
        self._run = self._database.on_primary

    def go_on(self) -> None:
        """For a subscription, which lasts: give each statement an allowance of its own."""
        self._allowance = None

    async def all(self, statement: Statement[Row], /, **parameters: object) -> list[Row]:
        """All rows. `organization_id` is added to the parameters."""
        allowance = self._allowance or Allowance(self.most_bytes)
        allowance.check(0)
        self.statements += len(statement.parts)
        started, found = time.perf_counter(), 0
        try:
            rows = await self._run(statement, {"organization_id": self.organization_id, **parameters}, allowance)
            found = statement.count(rows)
            return rows
        finally:
            seconds = time.perf_counter() - started
            self.seconds += seconds
            self.rows += found
            if len(self.ran) < MOST_REMEMBERED:
                self.ran.append(Ran(statement.sql, seconds, found))

    def show_again(self, rows: Iterable[Any]) -> None:
        """Count the texts of repeated records, each time but the first, which was counted when it was read.

        Raises AnswerTooLarge.
        """
        sizes: dict[int, int] = {}
        again = 0
        for row in rows:
            if id(row) in sizes:
                again += sizes[id(row)]
            else:
                sizes[id(row)] = sum(len(value) for value in row if isinstance(value, str))
        (self._allowance or Allowance(self.most_bytes)).spend(again)

    async def first(self, statement: Statement[Row], /, **parameters: object) -> Row | None:
        """Return the first row, or None where there is none."""
        rows = await self.all(statement, **parameters)
        return rows[0] if rows else None
