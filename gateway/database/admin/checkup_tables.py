"""Checkup of the tables: version, columns, indexes, triggers, and what else a restore may lose."""

from collections.abc import Callable, Mapping
from typing import Any

import psycopg
from psycopg import errors
from sqlalchemy import Index
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex

from gateway.database.migrate import is_later, newest_version
from gateway.database.positions import AHEAD
from gateway.database.row_security import RIGHTS, WALLS, fault_of
from gateway.database.tables import VERSION_TABLE, metadata
from gateway.findings import Finding, failure, ok, warning

Connection = psycopg.Connection[tuple[Any, ...]]

_KEPT = (
    "gateway_announce_insert",
    "gateway_announce_update",
    "gateway_count_delete",
    "gateway_count_insert",
    "gateway_count_truncate",
    "gateway_count_update",
    "gateway_touch",
)
TRIGGERS: Mapping[str, tuple[str, ...]] = {
    "leads": _KEPT,
    "conversations": ("gateway_counters", *_KEPT),
    "messages": (
        "gateway_message_arrives",
        "gateway_messages_deleted",
        "gateway_messages_inserted",
        "gateway_messages_truncated",
        "gateway_messages_updated",
    ),
}
_NO_TRIGGERS = "Take them from a backup: `pg_restore --schema-only --section=post-data`."

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it so
_HERE = "relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())"


def check_rights(connection: Connection) -> Finding:
    """May the user do what the gateway does? Of tables that are not there, it may."""
    asked = [(table, right) for table, rights in RIGHTS.items() for right in rights]
    query = """
        SELECT quote_ident(current_user), current_setting('is_superuser')::boolean,
            array_agg(coalesce(has_table_privilege(to_regclass(name), wanted), true) ORDER BY number),
            coalesce(array_agg(DISTINCT name) FILTER (WHERE row_security_active(to_regclass(name)) AND NOT EXISTS (
                SELECT FROM pg_policy WHERE polrelid = to_regclass(name) AND polname = 'gateway_others')), '{}')
        FROM unnest(%s::text[], %s::text[]) WITH ORDINALITY AS asked (name, wanted, number)
    """
    columns = tuple(map(list, zip(*asked, strict=True)))
    ((user, superuser, granted, hidden),) = connection.execute(query.encode(), columns).fetchall()
    lacking: dict[str, list[str]] = {}
    for (table, right), may in zip(asked, granted, strict=True):
        if not may:
            lacking.setdefault(table, []).append(right)
    if lacking:
        said = "; ".join(f"{', '.join(rights)} on {table}" for table, rights in lacking.items())
        advice = " ".join(f"GRANT {', '.join(rights)} ON {table} TO {user};" for table, rights in lacking.items())
        return failure("rights", f"{user} lacks {said}", advice)
    if hidden:
        advice = " ".join(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;" for table in hidden)
        return failure("rights", f"row level security hides rows of {', '.join(hidden)} from {user}", advice)
    if superuser:
        return warning("rights", f"{user} is a superuser", "Give the gateway a user of its own: docs/operations.md.")
    return ok("rights", f"{user} may do what the gateway does")


def check_migrations(connection: Connection) -> Finding:
    """Are the tables of this version?"""
    newest = newest_version()
    try:
        rows = connection.execute(f"SELECT version_num FROM {VERSION_TABLE}".encode()).fetchall()  # noqa: S608 (a constant)
    except errors.UndefinedTable:
        return failure("migrations", "there are no tables of the gateway", "Run `gateway migrate`.")
    found = rows[0][0] if rows else "missing"
    if found == newest:
        return ok("migrations", f"all are in, up to {newest}")
    if is_later(found):
        return warning("migrations", f"the tables' version is {found}, later than {newest}", "Upgrade the gateway.")
    return failure("migrations", f"the tables' version is {found}, not {newest}", "Run `gateway migrate`.")


def check_walls(row_security: bool, connection: Connection) -> Finding:
    """Does PostgreSQL keep organizations apart for this user, as the setting has it?"""
    ((walls,),) = connection.execute(WALLS.encode()).fetchall()
    fault = fault_of(walls, row_security=row_security)
    if fault:
        said, _, advice = fault.partition(": ")
        return failure("walls", said, f"{advice[0].upper()}{advice[1:]}.")
    return ok("walls", f"PostgreSQL keeps organizations apart in {walls} tables" if walls else "row security is off")


def _check_tables(connection: Connection) -> Finding:
    query = f"""
        SELECT relname, attname FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
        WHERE {_HERE} AND attnum > 0 AND NOT attisdropped
    """  # noqa: S608 (a constant)
    there = set(connection.execute(query.encode()).fetchall())
    wanted = {(table.name, column.name) for table in metadata.sorted_tables for column in table.columns}
    missing = sorted(f"{table}.{column}" for table, column in wanted - there)
    if missing:
        return failure("tables", f"missing: {', '.join(missing)}", "Restore them from a backup.")
    return ok("tables", f"{len(metadata.tables)}, with all of their columns")


def _check_indexes(connection: Connection) -> Finding:
    query = f"""
        SELECT c.relname, indisvalid AND indisready FROM pg_index JOIN pg_class c ON c.oid = indexrelid WHERE {_HERE}
    """  # noqa: S608 (a constant)
    valid: dict[str, bool] = dict(connection.execute(query.encode()).fetchall())
    wanted = {str(index.name): index for table in metadata.sorted_tables for index in table.indexes}
    missing = sorted(wanted.keys() - valid.keys())
    invalid = sorted(name for name in wanted.keys() & valid.keys() if not valid[name])
    if missing or invalid:
        advice = [_making(wanted[name]) for name in missing]
        advice += [f"REINDEX INDEX CONCURRENTLY {name};" for name in invalid]
        said = [f"missing: {', '.join(missing)}"] if missing else []
        said += [f"invalid: {', '.join(invalid)}"] if invalid else []
        return failure("indexes", "; ".join(said), " ".join(advice))
    return ok("indexes", f"{len(wanted)}, all of them valid")


def _making(index: Index) -> str:
    made = str(CreateIndex(index).compile(dialect=_DIALECT)).strip()
    return f"{made.replace('CREATE INDEX', 'CREATE INDEX CONCURRENTLY', 1)};"


def _check_triggers(connection: Connection) -> Finding:
    query = f"""
        SELECT c.relname, tgname, tgenabled IN ('O', 'A') FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid
        WHERE {_HERE} AND NOT tgisinternal
    """  # noqa: S608 (a constant)
    enabled = {(table, trigger): on for table, trigger, on in connection.execute(query.encode()).fetchall()}
    wanted = {(table, trigger) for table, triggers in TRIGGERS.items() for trigger in triggers}
    missing = sorted(wanted - enabled.keys())
    disabled = sorted(each for each in wanted & enabled.keys() if not enabled[each])
    if missing:
        said = ", ".join(f"{trigger} of {table}" for table, trigger in missing)
        return failure("triggers", f"missing: {said}", _NO_TRIGGERS)
    if disabled:
        said = ", ".join(f"{trigger} of {table}" for table, trigger in disabled)
        advice = " ".join(f"ALTER TABLE {table} ENABLE TRIGGER {trigger};" for table, trigger in disabled)
        return failure("triggers", f"disabled: {said}", advice)
    return ok("triggers", f"{len(wanted)}, all of them enabled")


def _check_positions(connection: Connection) -> Finding:
    if connection.execute("SELECT row_security_active('messages')").fetchall() == [(True,)]:
        return ok("positions", "of messages are behind row security: `gateway migrate` looks at them")
    if connection.execute(AHEAD.encode()).fetchall() == [(True,)]:
        said = "messages have positions of the server that they were restored from: subscriptions would mistake them"
        return failure("positions", said, "Run `gateway migrate`: it mends them.")
    return ok("positions", "of messages are this server's")


def _check_statistics(connection: Connection) -> Finding:
    query = f"""
        SELECT relname FROM pg_class c
        WHERE {_HERE} AND relname = ANY(%s) AND relkind = 'r' AND reltuples < 0 AND pg_relation_size(c.oid) > 0
        ORDER BY relname
    """  # noqa: S608 (a constant)
    unknown = [name for (name,) in connection.execute(query.encode(), (list(metadata.tables),)).fetchall()]
    if unknown:
        said = f"nothing is known of {', '.join(unknown)}: plans may be slow"
        return warning("statistics", said, "Run `VACUUM ANALYZE`, and leave autovacuum on.")
    return ok("statistics", "are gathered")


TABLE_CHECKS: tuple[Callable[[Connection], Finding], ...] = (
    _check_tables,
    _check_indexes,
    _check_triggers,
    _check_positions,
    _check_statistics,
)
