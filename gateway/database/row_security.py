"""Row-level security: PostgreSQL itself limits the gateway's role to one organization's rows at a time.

It is not forced: the tables' owner, and roles with BYPASSRLS, are not affected. A role that is limited ("walled") has a
restrictive policy of its own on every table; a permissive policy lets all other roles do what they are granted.
"""

from sqlalchemy import Connection, Text, cast, func, literal_column, select, text

from gateway.database.errors import DatabaseRefused
from gateway.database.statements import ORGANIZATION_ID, Statement
from gateway.database.tables import SEARCHED, VERSION_TABLE, metadata

ORGANIZATION = "gateway.organization"
"""The setting that names a transaction's organization."""
WALL = Statement(
    select(func.set_config(literal_column(f"'{ORGANIZATION}'"), cast(ORGANIZATION_ID, Text), literal_column("true"))),
    tuple,
)
"""Sent before a statement that may see the rows of one organization only."""

_TABLES = sorted(metadata.tables)
_RESTRICTIVE = f"""
    FROM pg_policy JOIN pg_roles ON rolname = polname
    WHERE NOT polpermissive AND polrelid IN ({", ".join(f"to_regclass('{table}')" for table in _TABLES)})
"""
WALLS = f"""
    SELECT count(*) {_RESTRICTIVE} AND row_security_active(polrelid) AND pg_has_role(rolname, 'USAGE')
"""
"""The number of tables whose rows are limited for the current user."""

RIGHTS = {
    "leads": ("SELECT", "INSERT", "UPDATE"),
    "conversations": ("SELECT", "INSERT", "UPDATE"),
    "messages": ("SELECT", "INSERT"),
    "idempotency_keys": ("SELECT", "INSERT", "UPDATE", "DELETE"),
    "row_counts": ("SELECT",),
    VERSION_TABLE: ("SELECT",),
    **{view.name: ("SELECT",) for view in SEARCHED.values()},
}
"""What `gateway serve` does with each table and view."""
_GRANTS = {**RIGHTS, "messages": ("SELECT", "INSERT", "UPDATE")}  # imports change messages too

_OWN_ROWS = f"organization_id = nullif(current_setting('{ORGANIZATION}', true), '')::uuid"
_PASSES_BY = text("""
    SELECT rolsuper OR rolbypassrls OR pg_has_role(rolname, relowner, 'USAGE')
    FROM pg_roles, pg_class WHERE rolname = :role AND pg_class.oid = 'leads'::regclass
""")


def fault_of(walls: int, *, row_security: bool) -> str | None:
    """Say how this number of walls differs from the setting, in a few words; None: it does not."""
    if row_security and walls < len(_TABLES):
        return "row security does not hold for the database's user: run `gateway migrate --role` with its name"
    if walls and not row_security:
        return "the database's user is under row security: set GATEWAY_ROW_SECURITY"
    return None


def walled_roles(connection: Connection) -> set[str]:
    """The roles that have been walled."""
    return set(connection.scalars(text(f"SELECT DISTINCT rolname {_RESTRICTIVE}")))


def wall(connection: Connection, role: str) -> None:
    """Let a role do what the gateway does, within one organization at a time. Raises DatabaseRefused."""
    passes_by = connection.scalar(_PASSES_BY, {"role": role})
    if passes_by is None:
        raise DatabaseRefused(f"the database has no role {role}: create it first, as with CREATE ROLE {role} LOGIN")
    if passes_by:
        raise DatabaseRefused(f"row security does not hold for {role}: it owns the tables, or is let pass it by")
    preparer = connection.dialect.identifier_preparer
    name, schema = preparer.quote(role), connection.scalar(text("SELECT current_schema()"))
    statements = [f"GRANT USAGE ON SCHEMA {preparer.quote(schema)} TO {name}"]
    statements += [f"GRANT {', '.join(rights)} ON {relation} TO {name}" for relation, rights in _GRANTS.items()]
    for table in _TABLES:
        statements += [
            f"DROP POLICY IF EXISTS {name} ON {table}",
            f"CREATE POLICY {name} ON {table} AS RESTRICTIVE TO {name} USING ({_OWN_ROWS})",
            f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        ]
    for statement in statements:
        connection.exec_driver_sql(statement)
