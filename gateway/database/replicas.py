"""Replicas: reads go to servers that follow the primary and have replayed what the reader has seen.

Each replica's position is checked all the time, so no request waits for that. Writes, and reads that must see them
at once, go to the primary; so does everything while no replica is good enough.
"""

import asyncio
import time
from collections import deque
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from itertools import count
from typing import Any

import structlog
from sqlalchemy import BigInteger, cast, literal_column, select

from gateway.database.allowance import UNLIMITED, Allowance
from gateway.database.errors import DatabaseTimeout, DatabaseUnavailable, OrganizationBusy
from gateway.database.pool import Database, Load
from gateway.database.statements import Row, Statement, scalar

log = structlog.get_logger(__name__)

_LOOK_EVERY, _LOOK_WITHIN = 0.5, 2.0
"""Seconds between two checks of a server, and its time limit to answer one."""
_LONGEST_WAIT = 1.0
"""Seconds to wait for a replica's connection: the primary has some, too."""
_FAILURES = (DatabaseUnavailable, DatabaseTimeout, TimeoutError)


_WRITTEN, _REACHED = (
    Statement[int](select(cast(literal_column(f"{position} - '0/0'::pg_lsn"), BigInteger)), scalar)
    for position in (
        "pg_current_wal_insert_lsn()",
        "CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_flush_lsn() END",
    )
)
"""The end of the primary's log, and how much of it a server has replayed."""


class Seen:
    """How much of the primary's log a client has seen or written, in bytes from its beginning."""

    def __init__(self, position: int = 0) -> None:
        self.position = position
        self.has_written = False


SEEN: ContextVar[Seen | None] = ContextVar("SEEN", default=None)
"""Of the current request, or of all operations of one socket."""
_ALL = 2**59
"""A position that no server ever has: for writes whose position is unknown."""


class _Replica:
    """One replica, its position, and whether it is good enough to be used."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.position = 0
        self.is_good = False


class Replicated(Database):
    """The primary's pool, and one for each replica."""

    def __init__(self, url: str, replica_urls: Sequence[str], *, longest_lag: float, **limits: Any) -> None:
        """Open nothing yet. A replica that is `longest_lag` seconds behind is not asked; `limits` are Database's."""
        super().__init__(url, **limits)
        limits["timeout"] = min(limits["timeout"], _LONGEST_WAIT)
        self._replicas = [_Replica(Database(each, **limits)) for each in replica_urls]
        self._longest_lag = longest_lag
        self._known: deque[tuple[float, int]] = deque()
        """Times and positions of the primary's log, as far back as lag is measured."""
        self._turns = count()
        self._looking: list[asyncio.Task[None]] = []

    async def open(self) -> None:
        """Start connecting, and looking at the replicas. Does not wait."""
        await super().open()
        for replica in self._replicas:
            await replica.database.open()
            self._looking.append(asyncio.create_task(self._look_at(replica)))
        self._looking.append(asyncio.create_task(self._look_at_primary()))

    async def close(self) -> None:
        """Close every connection."""
        for task in self._looking:
            task.cancel()
        await asyncio.gather(*self._looking, return_exceptions=True)
        for replica in self._replicas:
            await replica.database.close()
        await super().close()

    @property
    def load(self) -> Load:
        """How busy all pools are together."""
        loads = [super().load, *(replica.database.load for replica in self._replicas)]
        connections, busy, waiting, _ = (sum(figures) for figures in zip(*loads, strict=True))
        return Load(connections, busy, waiting, sum(replica.is_good for replica in self._replicas))

    async def run(
        self, statement: Statement[Row], parameters: Mapping[str, object], allowance: Allowance = UNLIMITED
    ) -> list[Row]:
        """All rows of one statement, from a replica if that is as good. Raises as Database does."""
        seen = SEEN.get()
        if not statement.reads:
            if seen is None:
                return await super().run(statement, parameters, allowance)
            seen.position, seen.has_written = _ALL, True  # unless it succeeds
            rows = await super().run(statement, parameters, allowance)
            seen.position = await self._written()
            return rows
        replica = self._chosen(0 if seen is None else seen.position)
        if replica is not None:
            try:
                return await replica.database.run(statement, parameters, allowance)
            except OrganizationBusy:
                pass  # others are not, and the primary has connections, too
            except DatabaseUnavailable:
                replica.is_good = False  # until it has been checked
        return await super().run(statement, parameters, allowance)

    async def on_primary(
        self, statement: Statement[Row], parameters: Mapping[str, object], allowance: Allowance = UNLIMITED
    ) -> list[Row]:
        """All rows of one statement, from the primary."""
        return await super().run(statement, parameters, allowance)

    def _chosen(self, position: int) -> _Replica | None:
        """Return one of the good replicas that have replayed so much, in turn."""
        good = [each for each in self._replicas if each.is_good and each.position >= position]
        return good[next(self._turns) % len(good)] if good else None

    async def _written(self) -> int:
        """Return a position after everything that has been written."""
        try:
            return (await self.on_primary(_WRITTEN, {}))[0]
        except (DatabaseUnavailable, DatabaseTimeout):
            return _ALL

    async def _look_at(self, replica: _Replica) -> None:
        while True:
            try:
                async with asyncio.timeout(_LOOK_WITHIN):
                    (replica.position,) = await replica.database.run(_REACHED, {})
                is_good = self._lag(replica.position) <= self._longest_lag
            except _FAILURES:
                is_good = False
            if is_good != replica.is_good:
                log.info("a replica is asked again" if is_good else "a replica is left out")
                replica.is_good = is_good
            await asyncio.sleep(_LOOK_EVERY)

    async def _look_at_primary(self) -> None:
        while True:
            now = time.monotonic()
            try:
                async with asyncio.timeout(_LOOK_WITHIN):
                    (position,) = await self.on_primary(_REACHED, {})
            except _FAILURES:
                pass  # the known positions stay
            else:
                self._known.append((now, position))
                while self._known[0][0] < now - self._longest_lag - _LOOK_WITHIN:
                    self._known.popleft()
            await asyncio.sleep(_LOOK_EVERY)

    def _lag(self, position: int) -> float:
        """For how many seconds the primary had been ahead at its last check."""
        return next((self._known[-1][0] - when for when, known in self._known if known > position), 0)
