"""Database: the connection pool of a process."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from psycopg import errors
from psycopg_pool import PoolTimeout
from sqlalchemy import column, literal_column, select, table

from gateway.database.address import conninfo, session_options
from gateway.database.allowance import UNLIMITED, Allowance
from gateway.database.connections import Connections
from gateway.database.errors import (
    DatabaseNotMigrated,
    DatabaseTimeout,
    DatabaseUnavailable,
    OrganizationBusy,
    translated_errors,
)
from gateway.database.migrate import is_later, newest_version
from gateway.database.results import NoAnswer
from gateway.database.row_security import WALLS, fault_of
from gateway.database.statements import Row, Statement
from gateway.database.tables import VERSION_TABLE
from gateway.database.wire import Connection
from gateway.shares import Shares

_GRACE = 2.0
"""Seconds after a statement's timeout, after which a server that should have stopped it is taken for dead."""
_SUDDEN = 2.0
"""A connection that breaks within so many seconds broke by itself: a silent network takes longer to notice."""
_READY_WITHIN = 2.0
_FULL_FOR = 5.0
"""Seconds for which a disk that was full counts as full."""
_STATE: Statement[tuple[str, str, int]] = Statement(
    select(
        column("version_num"), literal_column("current_setting('transaction_read_only')"), literal_column(f"({WALLS})")
    ).select_from(table(VERSION_TABLE)),
    tuple,
)


Run = Callable[..., Coroutine[Any, Any, list[Any]]]
"""`(statement, parameters, allowance)` to rows, as `Database.run` has it."""


class Load(NamedTuple):
    """Open connections, those in use, statements that wait for one, and replicas that are asked."""

    connections: int
    busy: int
    waiting: int
    replicas: int = 0


class Database:
    """A pool of connections in autocommit mode. Only a running statement holds a connection, a request does not."""

    def __init__(
        self,
        url: str,
        *,
        size: int,
        timeout: float,
        statement_timeout: float,
        lock_timeout: float = 0,
        row_security: bool = False,
        prepares: bool = True,
        most_bytes: int = 0,
    ) -> None:
        """Open nothing yet. The timeouts are seconds; a `lock_timeout` of 0 is none but the statement's.

        With `row_security` every statement is shown the rows of its `organization_id` alone. `prepares` says whether
        statements are prepared, which an old pooler between us and the server cannot stand. `most_bytes` is what an
        operation is to be allowed to find; 0: no limit.
        """
        self._patience, self.most_bytes = statement_timeout + _GRACE, most_bytes
        self._full_until = 0.0
        self._row_security = row_security
        self._prepares = prepares
        self._shares = Shares(size)
        self._pool = Connections(
            conninfo(url, "conversations-gateway"),
            kwargs={"autocommit": True, "options": session_options(url, statement_timeout, lock_timeout)},
            connection_class=Connection,
            configure=self._configure,
            min_size=1,
            max_size=size,
            timeout=timeout,
            # After it the pool starts over: the pauses between its attempts would grow to minutes.
            reconnect_timeout=timeout,
            open=False,
        )
        self._version = newest_version()

    @property
    def load(self) -> Load:
        """How busy the pool is."""
        told = self._pool.get_stats()
        connections = told.get("pool_size", 0)
        busy = max(connections - told.get("pool_available", 0), 0)
        return Load(connections, busy, told.get("requests_waiting", 0) + self._shares.waiting)

    async def open(self) -> None:
        """Start connecting. Does not wait: a gateway starts without its database and says so in `/readyz`."""
        await self._pool.open(wait=False)

    async def close(self) -> None:
        """Close every connection."""
        await self._pool.close()

    def wrap(self, wrapper: Callable[[Run], Run]) -> None:
        """Run every statement through a wrapper, as traces need it. Without one there is nothing in between."""
        self.run = wrapper(self.run)  # type: ignore[method-assign]  # which is what it is for
        self.on_primary = wrapper(self.on_primary)  # type: ignore[method-assign]  # likewise

    async def _configure(self, connection: Connection) -> None:
        connection.begin(self._patience, prepares=self._prepares, walled=self._row_security)

    async def run(
        self, statement: Statement[Row], parameters: Mapping[str, object], allowance: Allowance = UNLIMITED
    ) -> list[Row]:
        """All rows of one statement. Raises DatabaseUnavailable, DatabaseTimeout or AnswerTooLarge."""
        started = time.monotonic()
        try:
            return await self._run(statement, parameters, allowance)
        except psycopg.Error as error:
            with translated_errors():
                await self._learn(error)
                again = _is_outdated(error) or (statement.reads and _broke(error))
                if not again or time.monotonic() > started + _SUDDEN:
                    raise
                return await self._run(statement, parameters, allowance)

    async def on_primary(
        self, statement: Statement[Row], parameters: Mapping[str, object], allowance: Allowance = UNLIMITED
    ) -> list[Row]:
        """All rows of one statement, from the server that all writes go to. Raises as `run` does."""
        # Not `self.run`: that may be wrapped, as this is.
        return await Database.run(self, statement, parameters, allowance)

    async def _run(
        self, statement: Statement[Row], parameters: Mapping[str, object], allowance: Allowance
    ) -> list[Row]:
        patience, asking = self._pool.timeout, parameters.get("organization_id")
        # Not by the UUID itself: Python would call functions to find it.
        organization = asking.int if isinstance(asking, UUID) else None
        if not self._shares.take(organization):
            try:
                patience = await self._shares.wait(organization, patience)
            except TimeoutError as error:
                raise OrganizationBusy from error
        try:
            # Not `async with pool.connection()`: it would commit, where every statement is its own transaction.
            connection = self._pool.take() or await self._pool.getconn(patience)
            try:
                return await connection.rows(statement, parameters, allowance)
            finally:
                if not self._pool.gave_back(connection):
                    # Shielded: if the request is cancelled meanwhile, the connection would be lost to the pool.
                    await asyncio.shield(self._pool.putconn(connection))
        finally:
            self._shares.give(organization)

    async def _learn(self, error: psycopg.Error) -> None:
        if isinstance(error, NoAnswer) or _is_outdated(error):
            await self._pool.drain()  # the other connections are no better
        if isinstance(error, errors.DiskFull):
            self._full_until = time.monotonic() + _FULL_FOR

    async def unready(self) -> str | None:
        """Say in a few words why requests cannot be served; None: they can."""
        try:
            async with asyncio.timeout(_READY_WITHIN):
                rows = await self.on_primary(_STATE, {})
        except DatabaseNotMigrated:
            return "the database has no tables of the gateway: run `gateway migrate`"
        except (DatabaseUnavailable, DatabaseTimeout, TimeoutError):
            return "the database does not answer"
        # A later version has all that this one needs: processes can be upgraded one after another.
        if not rows or not (rows[0][0] == self._version or is_later(rows[0][0])):
            return "the database's tables are of another version: run `gateway migrate`"
        if rows[0][1] == "on":
            return "the database is read-only"
        if time.monotonic() < self._full_until:
            return "the database's disk is full"
        return fault_of(rows[0][2], row_security=self._row_security)


def _is_outdated(error: psycopg.Error) -> bool:
    """Say whether a table was altered, so that a prepared statement does not fit it. Nothing was done."""
    return isinstance(error, errors.FeatureNotSupported)


def _broke(error: psycopg.Error) -> bool:
    """Say whether only the connection broke, so that another one may work."""
    ended = error.sqlstate is None or error.sqlstate.startswith("57P")
    return ended and isinstance(error, psycopg.OperationalError) and not isinstance(error, NoAnswer | PoolTimeout)
