"""Checkup: the doctor's checks of a database, beginning with the connection."""

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import psycopg

from gateway.database.address import session_options, shown_address
from gateway.database.admin.checkup_pooler import pooler_fault
from gateway.database.admin.checkup_tables import TABLE_CHECKS, check_migrations, check_rights, check_walls
from gateway.findings import Finding, Level, failure, ok, warning

Connection = psycopg.Connection[tuple[Any, ...]]
Check = Callable[[Connection], Finding]

_OLDEST, _NEWEST = 15, 18
"""Versions of PostgreSQL that were tried."""
_CONNECT_SECONDS, _LISTEN_SECONDS = 5, 2
_ODD_SECONDS, _WRONG_SECONDS = 2, 10
"""Between two clocks: worth a look, and as much as tokens are given."""
_CHANNEL = "gateway_doctor"


def database_findings(
    url: str,
    pool_size: int,
    statement_timeout: float,
    clock: Callable[[], float] = time.time,
    *,
    row_security: bool = False,
) -> Iterator[Finding]:
    """Connect as the gateway does, and look at all that it needs. `clock` gives seconds since the epoch."""

    def connected() -> Connection:
        return _connect(url, statement_timeout)

    try:
        connection = connected()
    except psycopg.Error as error:
        yield _not_connected("database", url, error)
        return
    with connection:
        checks: tuple[Check, ...] = (
            partial(_check_server, url),
            _check_letters,
            partial(_check_clock, clock),
            partial(_check_connections, pool_size),
            partial(_check_listening, connected),
            check_rights,
        )
        yield from (_looked(connection, check) for check in checks)
        migrations = _looked(connection, check_migrations)
        yield migrations
        if migrations.level is not Level.FAILURE:  # what follows would only say the same in other words
            yield _looked(connection, partial(check_walls, row_security))
            yield from (_looked(connection, check) for check in TABLE_CHECKS)


def _looked(connection: Connection, check: Check) -> Finding:
    try:
        return check(connection)
    except psycopg.Error as error:
        subject = getattr(check, "func", check).__name__.rpartition("_")[2]
        return failure(subject, f"could not be looked at: {_words(error)}", "Ask as the user that the gateway has.")


def reached(check: str, url: str, statement_timeout: float) -> Finding:
    """Connect to a server beside the primary as the gateway does, and ask it something."""
    try:
        with _connect(url, statement_timeout) as connection:
            connection.execute("SELECT")
    except psycopg.Error as error:
        return _not_connected(check, url, error)
    return ok(check, f"{shown_address(url)} answers")


def pooled(url: str, past_it: str, statement_timeout: float, lock_timeout: float, *, prepares: bool) -> Finding:
    """Look at what comes through a pooler at `url`, beside all that comes past it."""

    def connected() -> Connection:
        return _connect(url, statement_timeout, lock_timeout)

    try:
        with connected() as connection, connected() as other:
            if _leads_elsewhere(connected, past_it, statement_timeout):
                advice = "Let GATEWAY_DATABASE_URL and GATEWAY_DIRECT_URL lead to the same one."
                return failure("pooler", f"{shown_address(url)} leads to another database than is listened to", advice)
            fault = pooler_fault(connection, other, prepares=prepares, lock_timeout=lock_timeout)
    except psycopg.Error as error:
        return _not_connected("pooler", url, error)
    return fault or ok("pooler", f"{shown_address(url)} answers, and leads to the same database")


def _leads_elsewhere(connected: Callable[[], Connection], past_it: str, statement_timeout: float) -> bool:
    try:
        direct = _connect(past_it, statement_timeout)
    except psycopg.Error:
        return False  # which is a finding of its own
    with direct:
        return _check_listening(connected, direct).level is Level.FAILURE


def _connect(url: str, statement_timeout: float, lock_timeout: float = 0) -> Connection:
    options = session_options(url, statement_timeout, lock_timeout)
    return psycopg.connect(
        url, autocommit=True, options=options, client_encoding="utf8", connect_timeout=_CONNECT_SECONDS
    )


def _not_connected(check: str, url: str, error: psycopg.Error) -> Finding:
    said, advice = _words(error), "Is the address right, and the server running and reachable from here?"
    if "startup parameter" in said:
        advice = "A pooler is in between: connect past it, or let it pass `options` on (see docs/operations.md)."
    elif any(word in said for word in ("password", "authentication", "role", "pg_hba.conf")):
        advice = "Check user and password, and the server's pg_hba.conf."
    elif "does not exist" in said:
        advice = "Check the name, or make the database: `createdb`."
    return failure(check, f"{shown_address(url)} does not let us in: {said}", advice)


def _words(error: psycopg.Error) -> str:
    """The first line of what went wrong. libpq names addresses and users, never passwords."""
    return (str(error).strip() or type(error).__name__).splitlines()[0].rpartition("FATAL:  ")[2]


def _one(connection: Connection, query: str, *values: object) -> tuple[Any, ...]:
    row = connection.execute(query.encode(), values or None).fetchone()
    assert row is not None  # noqa: S101 (they all answer one row)
    return row


def _check_server(url: str, connection: Connection) -> Finding:
    major = connection.info.server_version // 10_000
    standby, read_only = _one(
        connection, "SELECT pg_is_in_recovery(), current_setting('transaction_read_only')::boolean"
    )
    said = f"PostgreSQL {major} at {shown_address(url)}"
    if major < _OLDEST:
        return failure("server", said, f"Upgrade it to PostgreSQL {_OLDEST} or newer.")
    if standby:
        return failure(
            "server", f"{said} is a standby: it announces nothing, and takes no changes", "Name the primary."
        )
    if read_only:
        return failure("server", f"{said} is read-only", "Set `default_transaction_read_only` off for the gateway.")
    if major > _NEWEST:
        return warning("server", said, f"Nobody has tried it with a version over {_NEWEST}.")
    return ok("server", said)


def _check_letters(connection: Connection) -> Finding:
    (encoding,) = _one(connection, "SELECT current_setting('server_encoding')")
    if encoding != "UTF8":
        return failure("letters", f"the encoding is {encoding}", "Make a database with `ENCODING 'UTF8'`, and move.")
    if not _one(connection, "SELECT lower('ÄÉЖ') = 'äéж'")[0]:
        advice = "Make a database with a UTF-8 locale (PostgreSQL 17: `BUILTIN_LOCALE 'C.UTF-8'`), and move."
        return warning("letters", "the locale knows A to Z only: a search for `ä` does not find `Ä`", advice)
    return ok("letters", "UTF8, and searches find capitals and small letters alike")


def _check_clock(clock: Callable[[], float], connection: Connection) -> Finding:
    before = clock()
    (there,) = _one(connection, "SELECT extract(epoch FROM clock_timestamp())::float8")
    apart = there - (before + clock()) / 2
    said = f"the database's is {abs(apart):.1f} s {'ahead' if apart > 0 else 'behind'}"
    if abs(apart) >= _WRONG_SECONDS:
        return failure("clock", said, "Tokens are read by this machine's clock: set both by NTP.")
    if abs(apart) >= _ODD_SECONDS:
        return warning("clock", said, "Set both by NTP.")
    return ok("clock", said)


def _check_connections(pool_size: int, connection: Connection) -> Finding:
    given, role, database = _one(
        connection,
        "SELECT (SELECT sum(CASE name WHEN 'max_connections' THEN setting::int ELSE -setting::int END)::int FROM"
        " pg_settings WHERE name IN ('max_connections', 'superuser_reserved_connections', 'reserved_connections')),"
        " (SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user),"
        " (SELECT datconnlimit FROM pg_database WHERE datname = current_database())",
    )
    most = min(limit for limit in (given, role, database) if limit >= 0)
    said = f"each process takes up to {pool_size + 1}, and there may be {most}"
    if pool_size >= most:
        return failure("connections", said, "Lower GATEWAY_POOL_SIZE, or raise what limits them.")
    return ok("connections", said)


def _check_listening(connected: Callable[[], Connection], connection: Connection) -> Finding:
    # On two connections: a pooler may bring what is said on one and the same.
    connection.execute(f"LISTEN {_CHANNEL}".encode())
    with connected() as other:
        other.execute("SELECT pg_notify(%s, '')", (_CHANNEL,))
    heard = list(connection.notifies(timeout=_LISTEN_SECONDS, stop_after=1))
    connection.execute(f"UNLISTEN {_CHANNEL}".encode())
    if heard:
        return ok("listening", "what is announced arrives")
    advice = "Is there a pooler in between that shares connections by transaction? Set GATEWAY_DIRECT_URL."
    return failure("listening", "announcements do not arrive: subscriptions would say nothing", advice)
