"""Staging: chunks of an import on their way into the tables, checked against what is there already."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from uuid import UUID

import psycopg
from psycopg import errors

from gateway.database.admin.chunks import Chunk, ImportFailed
from gateway.database.admin.lines import COLUMNS, TYPES
from gateway.database.citus import BULK
from gateway.database.row_security import ORGANIZATION

Connection = psycopg.Connection[tuple[object, ...]]

_COPIED_LINE = re.compile(r"staged_\w+\D+(\d+)")  # in the context of an error, whatever the server's language


class Staging:
    """Temporary tables beside the real ones, for one transaction and one organization."""

    def __init__(self, connection: Connection, organization_id: UUID) -> None:
        self._connection = connection
        self._organization: dict[str, object] = {"organization_id": organization_id}
        for setting in (*BULK, "SET LOCAL work_mem = '32MB'"):
            self._execute(setting)
        self._execute(f"SELECT set_config('{ORGANIZATION}', %(organization_id)s::uuid::text, true)")
        # One import of an organization at a time: two of the same rows in another order would deadlock.
        self._execute("SELECT pg_advisory_xact_lock(hashtextextended(%(organization_id)s::uuid::text, 0))")
        for table, columns in COLUMNS.items():
            self._execute(_make(table, columns))

    def fill(self, chunk: Chunk) -> None:
        """Copy a chunk's rows into the temporary tables. Raises ImportFailed."""
        for table, rows in chunk.rows.items():
            if rows:
                statement = f"COPY staged_{table} FROM STDIN".encode()
                with _bad_line(rows), self._connection.cursor() as cursor, cursor.copy(statement) as copy:
                    copy.write(b"".join(rows))

    def store(self, chunk: Chunk) -> int:
        """Write the chunk that fills the temporary tables, and empty them.

        Answers how many rows were new or changed. Raises ImportFailed.
        """
        self._check_references(chunk)
        changed = 0
        for table, rows in chunk.rows.items():
            if rows:
                changed += self._execute(_upsert(table, COLUMNS[table])).rowcount
                self._execute(f"TRUNCATE staged_{table}")
        return changed

    def _check_references(self, chunk: Chunk) -> None:
        dangling = [
            (wanted[id], TYPES[table], id)
            for table, wanted in chunk.wanted.items()
            for id in wanted.keys() - self._stored(table, list(wanted))
        ]
        if dangling:
            line, kind, id = min(dangling)
            raise ImportFailed(line, f"refers to a {kind} that is not there before it: {id}")

    def _stored(self, table: str, ids: list[str]) -> set[object]:
        if not ids:
            return set()
        return {id for (id,) in self._execute(_ids(table), ids=ids)}

    def _execute(self, statement: str, **parameters: object) -> psycopg.Cursor[tuple[object, ...]]:
        return self._connection.execute(statement.encode(), self._organization | parameters)


@contextmanager
def _bad_line(rows: list[bytes]) -> Iterator[None]:
    try:
        yield
    except (psycopg.DataError, errors.ProgramLimitExceeded) as error:
        found = _COPIED_LINE.search(error.diag.context or "")
        line = int(rows[int(found[1]) - 1].split(b"\t", 1)[0]) if found else None
        raise ImportFailed(line, "holds a value that the database cannot store") from None


# The names in these statements are our own, from the tables and the import form.


def _make(table: str, columns: Sequence[str]) -> str:
    return f"""
        CREATE TEMPORARY TABLE staged_{table} ON COMMIT DROP AS
        SELECT 0::bigint AS line, {", ".join(columns)} FROM {table} WITH NO DATA
    """  # noqa: S608 (see above)


def _ids(table: str) -> str:
    return f"""
        SELECT id::text FROM {table}
        WHERE organization_id = %(organization_id)s AND id = ANY(%(ids)s::uuid[])
    """  # noqa: S608 (see above)


def _upsert(table: str, columns: Sequence[str]) -> str:
    names = ", ".join(columns)
    return f"""
        INSERT INTO {table} AS stored (organization_id, {names})
        SELECT %(organization_id)s, {names} FROM staged_{table} ORDER BY line
        ON CONFLICT (organization_id, id) DO UPDATE SET ({names}) = ROW ({_values("excluded", columns)})
        WHERE ({_comparable("stored", columns)}) IS DISTINCT FROM ({_comparable("excluded", columns)})
    """  # noqa: S608 (see above)


def _values(row: str, columns: Sequence[str]) -> str:
    return ", ".join(f"{row}.{name}" for name in columns)


def _comparable(row: str, columns: Sequence[str]) -> str:
    # 1 and 1.0 are equal in jsonb, but not the same.
    return _values(row, columns).replace(f"{row}.metadata", f"{row}.metadata::text")
