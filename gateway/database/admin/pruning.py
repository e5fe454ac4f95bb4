"""Pruning: deletes old rows, in batches so small that writers hardly wait.

Each batch is a transaction of its own: what an interrupted pruning has reported is done, and the next one continues
from there. Rows are locked in the order in which the triggers lock them: pruning deadlocks with no writer.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg

from gateway.database.admin.command_errors import command_errors
from gateway.database.citus import BULK

BATCH = 1000
"""Rows of a transaction."""
TABLES = ("messages", "conversations", "leads")
"""What can be pruned, in this order: what hangs on a row goes before it."""

Connection = psycopg.Connection[tuple[Any, ...]]
Report = Callable[[Counter[str]], None]
"""Called with the number of rows deleted so far, by table."""

_OLD = {
    "messages": "created_at < %(before)s",
    "conversations": """updated_at < %(before)s AND NOT EXISTS (
        SELECT FROM messages m WHERE m.organization_id = %(organization_id)s
        AND m.conversation_id = conversations.id AND m.created_at >= %(before)s)""",
    "leads": """updated_at < %(before)s AND NOT EXISTS (
        SELECT FROM conversations c WHERE c.organization_id = %(organization_id)s AND c.lead_id = leads.id
        AND (c.updated_at >= %(before)s OR EXISTS (
            SELECT FROM messages m WHERE m.organization_id = %(organization_id)s
            AND m.conversation_id = c.id AND m.created_at >= %(before)s)))""",
}
_PLACES = {
    "messages": "created_at, arrival",
    "conversations": "updated_at, id",
    "leads": "updated_at, id",
}
_LOCKED = {
    "messages": ("conversations", "conversation_id"),
    "conversations": ("conversations", "id"),
    "leads": ("leads", "id"),
}
"""Whose rows a batch locks before it deletes, and the column of its own rows that names them."""


def prune(
    database_url: str,
    before: datetime,
    *,
    deepest: str = "messages",
    organization_id: UUID | None = None,
    report: Report = lambda _: None,
) -> Counter[str]:
    """Delete old messages; down to `deepest`, also old conversations and leads on which nothing newer hangs.

    It is not announced, and `updated_at` does not change. Returns the number of deleted rows. Raises DatabaseRefused,
    DatabaseUnavailable or DatabaseTimeout.
    """
    gone: Counter[str] = Counter()
    with command_errors(), psycopg.connect(database_url, autocommit=True) as connection:
        for each in _organizations(connection, organization_id):
            for table in _down_to(deepest):
                for deleted in _pruned(connection, table, {"organization_id": each, "before": before}):
                    gone[table] += deleted
                    report(gone)
    return gone


def count_prunable(
    database_url: str, before: datetime, *, deepest: str = "messages", organization_id: UUID | None = None
) -> Counter[str]:
    """How many rows `prune` would delete now. Raises as it does."""
    found: Counter[str] = Counter()
    with command_errors(), psycopg.connect(database_url, autocommit=True) as connection:
        for each in _organizations(connection, organization_id):
            for table in _down_to(deepest):
                row = connection.execute(
                    counting(table).encode(), {"organization_id": each, "before": before}
                ).fetchone()
                found[table] += row[0] if row else 0
    return found


def _down_to(deepest: str) -> tuple[str, ...]:
    return TABLES[: TABLES.index(deepest) + 1]


def _organizations(connection: Connection, only: UUID | None) -> Iterator[UUID]:
    """All organizations, each found by a step in an index."""
    if only is not None:
        yield only
        return
    first, rest = "SELECT organization_id FROM leads", "ORDER BY organization_id LIMIT 1"
    row = connection.execute(f"{first} {rest}".encode()).fetchone()
    while row:
        yield row[0]
        row = connection.execute(f"{first} WHERE organization_id > %s {rest}".encode(), row).fetchone()


def _pruned(connection: Connection, table: str, values: dict[str, Any]) -> Iterator[int]:
    """Delete a table's old rows batch by batch, and yield how many went with each."""
    place: dict[str, Any] = {}
    while True:
        with connection.transaction():
            for setting in BULK:
                connection.execute(setting.encode())
            rows = connection.execute(finding(table, behind=bool(place)).encode(), values | place).fetchall()
            if not rows:
                return
            connection.execute(locking(table).encode(), values | {"ids": list({row[3] for row in rows})})
            deleted = connection.execute(deleting(table).encode(), values | {"ids": [row[0] for row in rows]}).rowcount
        # Behind the deleted rows: their index entries stay until a vacuum, and would be read again.
        place = {"value": rows[-1][1], "tie": rows[-1][2]}
        yield deleted


# The names in these statements are constants, from the tables above.


def finding(table: str, *, behind: bool) -> str:
    """Find a batch of old rows: their ids, places, and whose rows are to be locked."""
    place, (_, column) = _PLACES[table], _LOCKED[table]
    bound = f"AND ({place}) > (%(value)s, %(tie)s)" if behind else ""
    return f"""
        SELECT id, {place}, {column} FROM {table}
        WHERE organization_id = %(organization_id)s AND {_OLD[table]} {bound} ORDER BY {place} LIMIT {BATCH}
    """  # noqa: S608 (see above)


def locking(table: str) -> str:
    """Lock rows, so that what follows sees what hangs on them."""
    locked, _ = _LOCKED[table]
    return f"""
        SELECT FROM {locked} WHERE organization_id = %(organization_id)s AND id = ANY(%(ids)s) ORDER BY id FOR UPDATE
    """


def deleting(table: str) -> str:
    """Delete a batch, but what is old no more."""
    return f"""
        DELETE FROM {table} WHERE organization_id = %(organization_id)s AND id = ANY(%(ids)s) AND {_OLD[table]}
    """  # noqa: S608 (see above)


def counting(table: str) -> str:
    """Count what is old."""
    return f"SELECT count(*) FROM {table} WHERE organization_id = %(organization_id)s AND {_OLD[table]}"  # noqa: S608 (see above)
