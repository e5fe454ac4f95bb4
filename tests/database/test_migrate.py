"""Migrations: what they make, wherever and however often they run."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine
from sqlalchemy.exc import DBAPIError

from gateway.database.migrate import migrate, newest_version
from gateway.database.pool import Database
from gateway.database.tables import SEARCHED, VERSION_TABLE, metadata
from tests.support.organization import START, Organization

_COLUMNS = """
SELECT table_name, column_name, data_type, udt_name, is_nullable, column_default, identity_generation
FROM information_schema.columns
WHERE table_schema = current_schema() AND table_name IN ('leads', 'conversations', 'messages')
ORDER BY 1, ordinal_position
"""
_CONSTRAINTS = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
FROM pg_constraint WHERE conrelid::regclass::text IN ('leads', 'conversations', 'messages') ORDER BY 1, 2
"""
_INDEXES = """
SELECT indexname, indexdef
FROM pg_indexes
WHERE schemaname = current_schema() AND tablename IN ('leads', 'conversations', 'messages') ORDER BY 1
"""


def rows(url: str, statement: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def connected(url: str) -> Connection:
    return create_engine("postgresql+psycopg://", creator=partial(psycopg.connect, url)).connect()


async def unready(url: str) -> str | None:
    database = Database(url, size=1, timeout=5, statement_timeout=5)
    await database.open()
    try:
        return await database.unready()
    finally:
        await database.close()


def test_migrating_again_changes_nothing(new_database: Callable[[], str]) -> None:
    url = new_database()
    migrate(url)
    rows(url, "INSERT INTO leads (organization_id, name, channel) VALUES (gen_random_uuid(), 'Jane', 'web')")
    migrate(url)
    assert rows(url, "SELECT name FROM leads") == [("Jane",)]
    assert rows(url, f"SELECT version_num FROM {VERSION_TABLE}") == [(newest_version(),)]


def test_two_may_migrate_at_once(new_database: Callable[[], str]) -> None:
    url = new_database()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(migrate, [url, url]))
    assert rows(url, f"SELECT version_num FROM {VERSION_TABLE}") == [(newest_version(),)]


def test_a_migration_that_fails_leaves_nothing(new_database: Callable[[], str]) -> None:
    url = new_database()
    rows(url, "CREATE TABLE messages (of text, another text)")
    with pytest.raises(DBAPIError, match="already exists"):
        migrate(url)
    assert rows(url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'") == [("messages",)]


def test_alembic_sees_no_difference_to_the_tables(database_url: str) -> None:
    with connected(database_url) as connection:
        options = {"version_table": VERSION_TABLE, "compare_server_default": True}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), metadata) == []
    connection.engine.dispose()


@pytest.mark.parametrize("statement", [_COLUMNS, _CONSTRAINTS, _INDEXES])
def test_the_tables_are_made_as_they_are_described(
    database_url: str, new_database: Callable[[], str], statement: str
) -> None:
    described = new_database()
    migrate(described)  # for the functions, which indexes are made of
    with connected(described) as connection, connection.begin():
        for view in SEARCHED.values():
            connection.exec_driver_sql(f"DROP VIEW {view.name}")
        metadata.drop_all(connection)
        metadata.create_all(connection)
    connection.engine.dispose()
    assert rows(database_url, statement) == rows(described, statement) != []


async def test_the_connections_default_schema_is_used(new_database: Callable[[], str]) -> None:
    plain = new_database()
    rows(plain, 'CREATE SCHEMA "Gate way"')
    options = quote(r'-c search_path="Gate\ way"')
    url = f"{plain}&options={options}"
    migrate(url)
    tables = rows(plain, "SELECT DISTINCT schemaname FROM pg_tables WHERE tablename IN ('leads', 'messages')")
    assert tables == [("Gate way",)]
    assert await unready(url) is None
    assert await unready(plain) == "the database has no tables of the gateway: run `gateway migrate`"


def test_triggers_of_another_schema_fire_from_everywhere(new_database: Callable[[], str]) -> None:
    plain = new_database()
    rows(plain, 'CREATE SCHEMA "Gateway"')
    url = f"{plain}&options=-csearch_path%3D%22Gateway%22"
    migrate(url)
    with (
        psycopg.connect(url, autocommit=True) as connection,
        Organization(connection, "http://nowhere") as organization,
    ):
        conversation = organization.conversation()
        columns = "organization_id, conversation_id, role, content, created_at"
        with psycopg.connect(plain) as program:
            program.execute(
                f'INSERT INTO "Gateway".messages ({columns}) VALUES (%s, %s, %s, %s, %s)'.encode(),
                (organization.id, conversation, "user", "Hello", START),
            )
        kept = organization.sql("SELECT message_count, last_message_at, last_message_preview FROM conversations")
        assert kept == [(1, START, "Hello")]


async def test_a_database_says_why_it_is_not_ready(new_database: Callable[[], str]) -> None:
    url = new_database()
    assert await unready(url) == "the database has no tables of the gateway: run `gateway migrate`"
    migrate(url)
    assert await unready(url) is None
    rows(url, f"UPDATE {VERSION_TABLE} SET version_num = 'other'")
    assert await unready(url) == "the database's tables are of another version: run `gateway migrate`"
    rows(url, f"UPDATE {VERSION_TABLE} SET version_num = '0001'")
    assert await unready(url) == "the database's tables are of another version: run `gateway migrate`"
    rows(url, f"UPDATE {VERSION_TABLE} SET version_num = '9999'")
    assert await unready(url) is None, "the gateway that brought a later version follows"
    rows(url, f"DELETE FROM {VERSION_TABLE}")
    assert await unready(url) == "the database's tables are of another version: run `gateway migrate`"
    assert await unready("postgresql://nobody@127.0.0.1:1/nothing") == "the database does not answer"
