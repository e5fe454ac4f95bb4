"""Citus: distributes the tables over a cluster's nodes, each organization's rows on one of them."""

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sqlalchemy import Connection, text

from gateway.database.errors import DatabaseRefused
from gateway.database.positions import forget_positions
from gateway.database.tables import leads, metadata

# Ours touch rows of one organization only, which are on the same node. Without Citus the setting has no effect.
_ALLOW_TRIGGERS = text("SET LOCAL citus.enable_unsafe_triggers = on")
_IS_THERE = text("SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'citus')")
_DISTRIBUTED = text("""
    SELECT relname FROM pg_dist_partition JOIN pg_class ON pg_class.oid = logicalrelid
    WHERE relnamespace = current_schema()::regnamespace
""")
_DISTRIBUTE = text("SELECT create_distributed_table(:table, 'organization_id', colocate_with => :beside)")
# What is there already is counted: no trigger is to see it on its way.
_SILENCE = tuple(
    map(text, ("SET LOCAL citus.propagate_set_commands = 'local'", "SET LOCAL session_replication_role = replica"))
)
_NODES = """
    SELECT nodename, nodeport FROM pg_dist_node
    WHERE noderole = 'primary' AND isactive AND groupid <> 0 ORDER BY nodename, nodeport
"""

BULK = ("SET LOCAL citus.propagate_set_commands = 'local'", "SET LOCAL gateway.bulk = 'on'")
"""For a transaction that sets times itself and is not announced; on all nodes, if there are any."""


def allow_triggers(connection: Connection) -> None:
    """Let this transaction make triggers on tables that may be distributed."""
    connection.execute(_ALLOW_TRIGGERS)


def distribute(connection: Connection, *, asked: bool) -> bool:
    """Distribute the tables where that is `asked` for; new ones also where the others are. Say whether they are.

    To be run in a transaction. Raises DatabaseRefused.
    """
    if not connection.scalar(_IS_THERE):
        if asked:
            raise DatabaseRefused("the database refuses: it does not have the extension citus")
        return False
    done, first = set(connection.scalars(_DISTRIBUTED)), leads.name
    if not (asked or first in done):
        return False
    if first not in done:
        forget_positions(connection)
        for statement in _SILENCE:
            connection.execute(statement)
        connection.execute(_DISTRIBUTE, {"table": first, "beside": "none"})
    for name in sorted(metadata.tables.keys() - done - {first}):
        connection.execute(_DISTRIBUTE, {"table": name, "beside": first})
    return True


async def addresses_of_nodes(connection: psycopg.AsyncConnection, address: str) -> list[str]:
    """The addresses of the nodes that have rows besides the one at `address`; none without Citus."""
    there = await (await connection.execute("SELECT to_regclass('pg_dist_node')")).fetchone()
    if there is None or there[0] is None:
        return []
    nodes = await (await connection.execute(_NODES.encode())).fetchall()
    common = {name: value for name, value in conninfo_to_dict(address).items() if name != "hostaddr"}
    return [make_conninfo("", **{**common, "host": host, "port": port}) for host, port in nodes]
