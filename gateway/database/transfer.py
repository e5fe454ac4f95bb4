"""Import and export: an organization's records as JSON lines, into the tables and out of them."""

import io
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import NamedTuple
from uuid import UUID

import orjson
import psycopg
from orjson import Fragment
from psycopg import IsolationLevel, errors

from gateway.database.chunks import Chunk, ImportFailed, chunks_of
from gateway.database.lines import COLUMNS, TYPES
from gateway.database.pool import translated_errors
from gateway.database.staging import Connection, Staging

_FETCHED_ROWS = 2_000
# By arrival: what has the same time keeps its order in the copy, across conversations as well.
_ORDERS = {"leads": "created_at, id", "conversations": "created_at, id", "messages": "arrival"}


class TransferRefused(Exception):
    """The database is not one to transfer with. The text says why."""


class Imported(NamedTuple):
    """How many records were read, and how many rows they made or changed."""

    records: int
    changed: int


def import_lines(
    database_url: str,
    organization_id: UUID,
    source: io.BufferedReader,
    progress: Callable[[int], None] = lambda _: None,
) -> Imported:
    """Load records, gzipped or not, in one transaction: all of them or none.

    The effect is that of loading the lines one by one: an id that comes again changes the row that it made.
    `progress` is told how many records are done. Raises ImportFailed, TransferRefused, DatabaseUnavailable or
    DatabaseTimeout.
    """
    with _connected(database_url) as connection:
        staging = Staging(connection, organization_id)
        imported = Imported(0, 0)
        for chunk, changed in _stored(chunks_of(source), staging.store):
            imported = Imported(imported.records + chunk.records, imported.changed + changed)
            progress(imported.records)
        return imported


def _stored(chunks: Iterator[Chunk], store: Callable[[Chunk], int]) -> Iterator[tuple[Chunk, int]]:
    """Store chunks in a thread, while the next one is read and checked."""
    with ThreadPoolExecutor(1) as worker:
        storing: tuple[Chunk, Future[int]] | None = None
        try:
            for chunk in chunks:
                if storing:
                    yield storing[0], storing[1].result()
                storing = chunk, worker.submit(store, chunk)
        finally:
            # Even where a later line has failed: an earlier one is to be told first.
            changed = storing[1].result() if storing else 0
        if storing:
            yield storing[0], changed


def export_lines(database_url: str, organization_id: UUID) -> Iterator[bytes]:
    """All records of an organization as of one moment, a line each.

    Raises TransferRefused, DatabaseUnavailable or DatabaseTimeout.
    """
    with _connected(database_url) as connection:
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        for table, order in _ORDERS.items():
            yield from _exported(connection, organization_id, table, order)


def _exported(connection: Connection, organization_id: UUID, table: str, order: str) -> Iterator[bytes]:
    names = ("type", *COLUMNS[table])
    values = ", ".join("metadata::text" if name == "metadata" else name for name in COLUMNS[table])
    query = f"SELECT '{TYPES[table]}', {values} FROM {table} WHERE organization_id = %s ORDER BY {order}"  # noqa: S608 (names of our own)
    with connection.cursor(f"exported_{table}", binary=True) as cursor:
        cursor.itersize = _FETCHED_ROWS
        for row in cursor.execute(query.encode(), (organization_id,)):
            record = dict(zip(names, row, strict=True))
            if "metadata" in record:
                record["metadata"] = Fragment(str(record["metadata"]))
            yield orjson.dumps(record, option=orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE)


_REFUSALS: dict[type[psycopg.Error], str] = {
    errors.UndefinedTable: "it has no tables of the gateway, run `gateway migrate`",
    errors.UndefinedColumn: "its tables are of another version, run `gateway migrate`",
    errors.InsufficientPrivilege: "its user may not read or write the gateway's tables",
    errors.ReadOnlySqlTransaction: "it is read-only",
    errors.ForeignKeyViolation: "another program deletes the same rows at the same time",
}


@contextmanager
def _connected(database_url: str) -> Iterator[Connection]:
    """Connect for one transaction, which commits if the block ends well."""
    parameters = {
        "options": "-c timezone=UTC",
        "client_encoding": "utf8",
        "application_name": "conversations-gateway",
    }
    with translated_errors():
        try:
            with psycopg.connect(database_url, **parameters) as connection:  # type: ignore[arg-type]  # mypy tries the values on every parameter
                yield connection
        except (psycopg.OperationalError, psycopg.InterfaceError):
            raise
        except psycopg.Error as error:
            reason = _REFUSALS.get(type(error), f"its error code is {error.sqlstate}")
            raise TransferRefused(f"the database refuses: {reason}") from None


__all__ = ["ImportFailed", "Imported", "TransferRefused", "export_lines", "import_lines"]
