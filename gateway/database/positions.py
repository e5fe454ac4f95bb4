"""Positions of messages that come from another server, by a restored dump, and are repaired here.

A message's position is the transaction that added it, and each server counts its transactions by itself. A position
that this one has not reached yet hides its message from subscriptions now, and would publish it as new later.
"""

from sqlalchemy import Connection

# One step in the index for each organization, however many messages there are.
AHEAD = """
WITH RECURSIVE organizations AS (
    (SELECT organization_id FROM messages ORDER BY organization_id LIMIT 1)
    UNION ALL
    SELECT (SELECT m.organization_id FROM messages m WHERE m.organization_id > o.organization_id
        ORDER BY m.organization_id LIMIT 1)
    FROM organizations o WHERE o.organization_id IS NOT NULL
)
SELECT EXISTS (
    SELECT FROM organizations o
    WHERE (SELECT m.transaction_id FROM messages m WHERE m.organization_id = o.organization_id
        ORDER BY m.transaction_id DESC LIMIT 1) >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint
)
"""

_MEND = """
UPDATE messages SET transaction_id = 0
WHERE transaction_id >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint
"""
_FORGET = "UPDATE messages SET transaction_id = 0 WHERE transaction_id <> 0"
# It counts each conversation's messages again, whose number stays as it is.
_COUNTING = "ALTER TABLE messages {} TRIGGER gateway_messages_updated"


def mend_positions(connection: Connection) -> int:
    """Make messages with positions of another server old ones. Return how many there were.

    To be run in a transaction by the tables' owner.
    """
    if not connection.exec_driver_sql(AHEAD).scalar_one():
        return 0
    return _updated(connection, _MEND)


def forget_positions(connection: Connection) -> None:
    """Make all messages old ones: they are about to go to servers that count for themselves."""
    _updated(connection, _FORGET)


def _updated(connection: Connection, statement: str) -> int:
    connection.exec_driver_sql(_COUNTING.format("DISABLE"))
    updated = connection.exec_driver_sql(statement).rowcount
    connection.exec_driver_sql(_COUNTING.format("ENABLE"))
    return updated
