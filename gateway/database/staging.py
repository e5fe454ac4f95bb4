"""Staging: chunks of an import on their way into the tables, checked against what is there already."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from uuid import UUID

import psycopg
from psycopg import errors

from gateway.database.chunks import Chunk, ImportFailed
from gateway.database.lines import COLUMNS, TYPES

Connection = psycopg.Connection[tuple[object, ...]]

_PARENTS = {"conversations": ("lead_id", "leads"), "messages": ("conversation_id", "conversations")}
_COPIED_LINE = re.compile(r"staged_\w+\D+(\d+)")  # in the context of an error, whatever the server's language


class Staging:
    """Temporary tables beside the real ones, for one transaction and one organization."""

    def __init__(self, connection: Connection, organization_id: UUID) -> None:
        self._connection = connection
        self._organization = {"organization_id": organization_id}
        # The triggers keep the times that a bulk load brings.
        self._execute("SELECT set_config('gateway.bulk', 'on', true), set_config('work_mem', '64MB', true)")
        # One import of an organization at a time: two of the same rows in another order would deadlock.
        self._execute("SELECT pg_advisory_xact_lock(hashtextextended(%(organization_id)s::uuid::text, 0))")
        for table, columns in COLUMNS.items():
            self._execute(_make(table, columns))

    def store(self, chunk: Chunk) -> int:
        """Write a chunk's rows. Answers how many were new or changed. Raises ImportFailed."""
        staged = [table for table, rows in chunk.rows.items() if rows]
        for table in staged:
            self._copy(table, chunk.rows[table])
        dangling = [found for table in staged if (found := self._dangling(table))]
        if dangling:
            raise min(dangling, key=lambda failure: failure.line or 0)
        changed = sum(self._execute(_upsert(table, COLUMNS[table])).rowcount for table in staged)
        for table in staged:
            self._execute(f"TRUNCATE staged_{table}")
        return changed

    def _copy(self, table: str, rows: list[str]) -> None:
        statement = f"COPY staged_{table} FROM STDIN".encode()
        with _bad_line(rows), self._connection.cursor() as cursor, cursor.copy(statement) as copy:
            copy.write("".join(rows))

    def _dangling(self, table: str) -> ImportFailed | None:
        """Find the first row that refers to nothing: nothing before it, and nothing in the database."""
        if table not in _PARENTS:
            return None
        column, parents = _PARENTS[table]
        row = self._execute(_first_dangling(table, column, parents)).fetchone()
        if row is None:
            return None
        line, id = row
        assert isinstance(line, int)  # noqa: S101 (for the type checker)
        return ImportFailed(line, f'"{column}" refers to no {TYPES[parents]} before this line: {id}')

    def _execute(self, statement: str) -> psycopg.Cursor[tuple[object, ...]]:
        return self._connection.execute(statement.encode(), self._organization)


@contextmanager
def _bad_line(rows: list[str]) -> Iterator[None]:
    try:
        yield
    except (psycopg.DataError, errors.ProgramLimitExceeded) as error:
        found = _COPIED_LINE.search(error.diag.context or "")
        line = int(rows[int(found[1]) - 1].split("\t", 1)[0]) if found else None
        raise ImportFailed(line, "holds a value that the database cannot store") from None


# The names in these statements are our own, from the tables and the import form.


def _make(table: str, columns: Sequence[str]) -> str:
    return f"""
        CREATE TEMPORARY TABLE staged_{table} ON COMMIT DROP AS
        SELECT 0::bigint AS line, {", ".join(columns)} FROM {table} WITH NO DATA
    """  # noqa: S608 (see above)


def _first_dangling(table: str, column: str, parents: str) -> str:
    return f"""
        SELECT line, parent FROM (
            SELECT {column} AS parent, min(line) AS line FROM staged_{table} GROUP BY {column}
        ) AS needed
        WHERE NOT EXISTS (
            SELECT FROM staged_{parents} AS staged WHERE staged.id = parent AND staged.line < needed.line
        ) AND NOT EXISTS (
            SELECT FROM {parents} AS stored
            WHERE stored.organization_id = %(organization_id)s AND stored.id = parent
        )
        ORDER BY line LIMIT 1
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
