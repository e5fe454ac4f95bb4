"""Database: the connection pool of a process. Tenant: one organization's way through it during one request."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from uuid import UUID

import psycopg
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict
from psycopg_pool import PoolClosed, PoolTimeout

from gateway.database.connections import Connections
from gateway.database.errors import DatabaseTimeout, DatabaseUnavailable, MissingReference
from gateway.database.migrate import VERSION_TABLE, is_later, newest_version
from gateway.database.statements import Row, Statement
from gateway.database.wire import Connection


@contextmanager
def translated_errors() -> Iterator[None]:
    """Turn the driver's errors that can be expected into this room's classes."""
    try:
        yield
    except errors.ForeignKeyViolation as error:
        raise MissingReference from error
    except errors.QueryCanceled as error:
        raise DatabaseTimeout from error
    except (PoolTimeout, PoolClosed, psycopg.OperationalError, psycopg.InterfaceError) as error:
        raise DatabaseUnavailable from error


def session_options(url: str, statement_timeout: float) -> str:
    """The options of a session: the URL's own and ours."""
    given = conninfo_to_dict(url).get("options") or ""
    return f"{given} -c timezone=UTC -c statement_timeout={int(statement_timeout * 1000)}"


class Database:
    """A pool of connections in autocommit. A statement holds one for as long as it runs, a request holds none."""

    def __init__(self, url: str, *, size: int, timeout: float, statement_timeout: float) -> None:
        """Open nothing yet. `timeout` and `statement_timeout` are seconds."""
        self._pool = Connections(
            url,
            kwargs={
                "autocommit": True,
                "options": session_options(url, statement_timeout),
                "application_name": "conversations-gateway",
            },
            connection_class=Connection,
            min_size=1,
            max_size=size,
            timeout=timeout,
            # Beyond it the pool starts over: the pauses between its attempts would grow to minutes.
            reconnect_timeout=timeout,
            open=False,
        )
        self._version = newest_version()

    async def open(self) -> None:
        """Start connecting. Does not wait: a gateway starts without its database and says so in `/readyz`."""
        await self._pool.open(wait=False)

    async def close(self) -> None:
        """Close every connection."""
        await self._pool.close()

    async def run(self, statement: Statement[Row], parameters: Mapping[str, object]) -> list[Row]:
        """All rows of one statement. Raises DatabaseUnavailable or DatabaseTimeout."""
        try:
            return await self._run(statement, parameters)
        except psycopg.Error as error:
            with translated_errors():
                return await self._run_again(statement, parameters, error)

    async def _run(self, statement: Statement[Row], parameters: Mapping[str, object]) -> list[Row]:
        # Not `async with pool.connection()`: it would commit, where every statement is its own transaction.
        connection = self._pool.take() or await self._pool.getconn()
        try:
            return await connection.rows(statement, parameters)
        finally:
            if not self._pool.gave_back(connection):
                await self._pool.putconn(connection)

    async def _run_again(
        self, statement: Statement[Row], parameters: Mapping[str, object], error: psycopg.Error
    ) -> list[Row]:
        if not isinstance(error, psycopg.OperationalError) or isinstance(error, errors.QueryCanceled):
            raise error
        # One broken connection says that others may be: after a restart of the server all of them are.
        await self._pool.check()
        if not statement.sql.startswith("SELECT"):
            raise error
        return await self._run(statement, parameters)

    async def unready(self) -> str | None:
        """Say in a few words why requests cannot be served, or None where they can."""
        try:
            with translated_errors():
                async with self._pool.connection(timeout=2) as connection:
                    cursor = await connection.execute(f"SELECT version_num FROM {VERSION_TABLE}")  # noqa: S608 (a constant)
                    row = await cursor.fetchone()
        except (DatabaseUnavailable, DatabaseTimeout):
            return "the database does not answer"
        except errors.UndefinedTable:
            return "the database has no tables of the gateway: run `gateway migrate`"
        # A later version has all that this one needs: what was upgraded first does not stop what is upgraded next.
        if row is None or not (row[0] == self._version or is_later(row[0])):
            return "the database's tables are of another version: run `gateway migrate`"
        return None


class Tenant:
    """One organization's way into the database during one request: every statement is given its id."""

    __slots__ = ("_database", "organization_id", "rows", "statements")

    def __init__(self, database: Database, organization_id: UUID) -> None:
        self._database = database
        self.organization_id = organization_id
        self.statements = 0
        """How many statements have run for this request."""
        self.rows = 0
        """How many rows they have found."""

    async def all(self, statement: Statement[Row], /, **parameters: object) -> list[Row]:
        """All rows. `organization_id` is among the parameters by itself."""
        self.statements += 1
        found = await self._database.run(statement, {"organization_id": self.organization_id, **parameters})
        self.rows += len(found)
        return found

    async def first(self, statement: Statement[Row], /, **parameters: object) -> Row | None:
        """Return the first row, or None where there is none."""
        rows = await self.all(statement, **parameters)
        return rows[0] if rows else None
