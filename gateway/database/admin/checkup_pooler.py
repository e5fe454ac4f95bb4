"""Checkup of a pooler: what it does not pass on to the server."""

from typing import Any

import psycopg
from psycopg.pq import ExecStatus

from gateway.findings import Finding, failure, warning

Connection = psycopg.Connection[tuple[Any, ...]]

_DROPPED = """
    SELECT string_agg(name, ', ' ORDER BY name) FROM pg_settings
    WHERE name = 'TimeZone' AND setting <> 'UTC' OR name = ANY(%s) AND setting = '0'
"""
_NAME = b"gateway_doctor"


def pooler_fault(connection: Connection, other: Connection, *, prepares: bool, lock_timeout: float) -> Finding | None:
    """Look through two connections by one pooler. Raises psycopg's errors."""
    if prepares and not _prepares(connection, other):
        said = "it does not know which connection has prepared which statement: some fail"
        return failure("pooler", said, "Upgrade it (PgBouncer from 1.21 on), or set GATEWAY_PREPARE=false.")
    limits = ["statement_timeout", "lock_timeout"] if lock_timeout else ["statement_timeout"]
    row = connection.execute(_DROPPED, (limits,)).fetchone()
    if row and row[0]:
        advice = "Give them to the gateway's user: ALTER ROLE ... SET (see docs/scale.md)."
        return warning("pooler", f"it answers, and does not pass on what is set: {row[0]}", advice)
    return None


def _prepares(*connections: Connection) -> bool:
    """Prepare different statements under one name: a pooler that shares connections has to tell them apart."""
    servers = [each.pgconn for each in connections]
    for number, each in enumerate(servers):
        each.prepare(_NAME, b"SELECT %d" % number)
    results = [each.exec_prepared(_NAME, None) for each in servers]
    for each in servers:
        each.close_prepared(_NAME)
    return all(
        result.status == ExecStatus.TUPLES_OK and result.get_value(0, 0) == b"%d" % number
        for number, result in enumerate(results)
    )
