"""Import and export: an organization's records as JSON lines, into the tables and out of them."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import NamedTuple
from uuid import UUID

import orjson
import psycopg
from orjson import Fragment
from psycopg import IsolationLevel

from gateway.database.admin.chunks import Chunk, chunks_of
from gateway.database.admin.command_errors import command_errors
from gateway.database.admin.lines import COLUMNS, TYPES
from gateway.database.admin.staging import Connection, Staging
from gateway.database.row_security import ORGANIZATION

_FETCHED_ROWS = 2_000
# By arrival: what has the same time keeps its order in the copy, across conversations as well.
_ORDERS = {"leads": "created_at, id", "conversations": "created_at, id", "messages": "arrival"}


class Imported(NamedTuple):
    """How many records were read, and how many rows they made or changed."""

    records: int
    changed: int


def import_lines(
    database_url: str,
    organization_id: UUID,
    lines: Iterable[bytes],
    progress: Callable[[int], None] = lambda _: None,
) -> Imported:
    """Load records in one transaction: all of them or none.

    The effect is that of loading the lines one by one: an id that comes again changes the row that it made.
    `progress` is called with the number of records done.

    Raises ImportFailed, DatabaseRefused, DatabaseUnavailable or DatabaseTimeout.
    """
    with _connected(database_url) as connection:
        imported = Imported(0, 0)
        for chunk, changed in _stored(chunks_of(lines), Staging(connection, organization_id)):
            imported = Imported(imported.records + chunk.records, imported.changed + changed)
            progress(imported.records)
        return imported


def _stored(chunks: Iterator[Chunk], staging: Staging) -> Iterator[tuple[Chunk, int]]:
    """Store chunks, and yield with each how many rows changed. The next chunk is read and checked meanwhile.

    Copying stays in this thread: in another one it would wait for the interpreter's lock at every packet.
    """
    with ThreadPoolExecutor(1) as worker:
        storing: tuple[Chunk, Future[int]] | None = None
        try:
            for chunk in chunks:
                if storing:
                    yield storing[0], storing[1].result()
                storing = None
                staging.fill(chunk)
                storing = chunk, worker.submit(staging.store, chunk)
        finally:
            # Also after a later line has failed: an error in an earlier line is reported first.
            changed = storing[1].result() if storing else 0
        if storing:
            yield storing[0], changed


def export_lines(database_url: str, organization_id: UUID) -> Iterator[bytes]:
    """All records of an organization as of one moment, a line each.

    Raises DatabaseRefused, DatabaseUnavailable or DatabaseTimeout.
    """
    with _connected(database_url) as connection:
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        connection.execute("SET LOCAL timezone = 'UTC'")
        connection.execute(f"SELECT set_config('{ORGANIZATION}', %s, true)".encode(), (str(organization_id),))
        for table, order in _ORDERS.items():
            yield from _exported(connection, organization_id, table, order)


def _exported(connection: Connection, organization_id: UUID, table: str, order: str) -> Iterator[bytes]:
    names = ("type", *COLUMNS[table])
    with connection.cursor(f"exported_{table}", binary=True) as cursor:
        cursor.itersize = _FETCHED_ROWS
        for row in cursor.execute(_exporting(table, order).encode(), (organization_id,)):
            record = dict(zip(names, row, strict=True))
            if "metadata" in record:
                record["metadata"] = Fragment(str(record["metadata"]))
            yield orjson.dumps(record, option=orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE)


def _exporting(table: str, order: str) -> str:
    values = ", ".join("metadata::text" if name == "metadata" else name for name in COLUMNS[table])
    return f"SELECT '{TYPES[table]}', {values} FROM {table} WHERE organization_id = %s ORDER BY {order}"  # noqa: S608 (names of our own)


@contextmanager
def _connected(database_url: str) -> Iterator[Connection]:
    """Connect for one transaction, which commits if the block ends well."""
    encoding = "utf8"  # whatever the environment says
    with command_errors(), psycopg.connect(database_url, client_encoding=encoding) as connection:
        yield connection
