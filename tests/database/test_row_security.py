"""Row security: with the first wall taken away, the second one holds. Others who use the tables do not meet it."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import errors, sql
from sqlalchemy import (
    ColumnElement,
    Integer,
    Table,
    Text,
    Uuid,
    bindparam,
    func,
    insert,
    literal_column,
    select,
    update,
)

from gateway.database.admin.transfer import export_lines, import_lines
from gateway.database.conversations import conversations_by_id
from gateway.database.errors import DatabaseRefused
from gateway.database.migrate import migrate
from gateway.database.pool import Database
from gateway.database.statements import Statement, scalar
from gateway.database.tables import SEARCHED, conversations, idempotency_keys, leads, messages, metadata, row_counts
from gateway.database.tenant import Tenant
from gateway.database.wire import Connection
from gateway.embedded import create_role
from gateway.records import Conversation
from gateway.settings import Settings
from tests.support.organization import ROLE, SECRET, Organization
from tests.support.server import serving

TABLES = [leads, conversations, messages, idempotency_keys, row_counts, *SEARCHED.values()]


@pytest.fixture
async def walled(walled_url: str) -> AsyncIterator[Database]:
    database = Database(walled_url, size=2, timeout=5, statement_timeout=5, row_security=True)
    await database.open()
    yield database
    await database.close()


@pytest.fixture
def filled(organization: Organization, stranger: Organization) -> tuple[Organization, Organization]:
    """Two organizations with a row in every table."""
    for each in (organization, stranger):
        each.message(each.conversation())
        columns = "organization_id, key, request, row_id"
        each.sql(f"INSERT INTO idempotency_keys ({columns}) VALUES (%s, 'k', '', gen_random_uuid())", each.id)
    return organization, stranger


def test_every_table_of_organizations_is_walled() -> None:
    assert {table.name for table in metadata.sorted_tables if "organization_id" in table.c} == set(metadata.tables)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
async def test_a_statement_that_forgets_the_organization_sees_no_other(
    walled: Database, filled: tuple[Organization, Organization], table: Table
) -> None:
    everything: Statement[UUID] = Statement(select(table.c.organization_id), scalar)
    for organization in filled:
        found = await Tenant(walled, organization.id).all(everything)
        assert set(found) == {organization.id}
    assert await Tenant(walled, uuid4()).all(everything) == []


async def test_a_statement_that_names_another_organization_sees_nothing(
    walled: Database, filled: tuple[Organization, Organization]
) -> None:
    organization, stranger = filled
    named = select(leads.c.id).where(leads.c.organization_id == bindparam("named", type_=Uuid))
    assert await Tenant(walled, organization.id).all(Statement(named, scalar), named=stranger.id) == []
    assert await Tenant(walled, stranger.id).all(Statement(named, scalar), named=stranger.id) != []


@pytest.mark.parametrize("table", [leads, conversations, messages], ids=lambda table: table.name)
async def test_an_update_that_forgets_the_organization_changes_no_other(
    walled: Database, filled: tuple[Organization, Organization], table: Table
) -> None:
    organization, stranger = filled
    created_at: ColumnElement[datetime] = literal_column("'2020-01-01Z'::timestamptz")
    everybodys = update(table).values(created_at=created_at).returning(table.c.organization_id)
    everywhere: Statement[UUID] = Statement(everybodys, scalar)
    assert set(await Tenant(walled, organization.id).all(everywhere)) == {organization.id}
    changed = f"SELECT FROM {table.name} WHERE organization_id = %s AND created_at < '2021-01-01'"
    assert stranger.sql(changed, stranger.id) == []


async def test_a_row_cannot_be_written_into_another_organization(
    walled: Database, filled: tuple[Organization, Organization]
) -> None:
    organization, stranger = filled
    tenant, own = Tenant(walled, organization.id), leads.c.organization_id == bindparam("organization_id", type_=Uuid)
    other = {"organization_id": bindparam("other", type_=Uuid)}
    row = {**other, "name": literal_column("'Eve'"), "channel": literal_column("'web'")}
    for query in (insert(leads).values(row), update(leads).where(own).values(other)):
        with pytest.raises(errors.InsufficientPrivilege):
            await tenant.all(Statement(query.returning(leads.c.id), scalar), other=stranger.id)
    assert stranger.sql("SELECT name FROM leads WHERE organization_id = %s", stranger.id) == [("Jane Smith",)]


@pytest.mark.parametrize("row_security", [True, False])
def test_what_is_asked_without_the_first_wall(
    database_url: str,
    walled_url: str,
    filled: tuple[Organization, Organization],
    monkeypatch: pytest.MonkeyPatch,
    row_security: bool,
) -> None:
    organization, stranger = filled
    ((id,),) = stranger.sql("SELECT id FROM conversations WHERE organization_id = %s", stranger.id)
    anybodys = select(*(conversations.c[name] for name in Conversation._fields)).where(
        conversations.c.id == bindparam("key", type_=Uuid)
    )
    lookup = getattr(conversations_by_id, "__self__")  # noqa: B009 (for mypy, a method is a function)
    monkeypatch.setattr(lookup, "one", Statement(anybodys, Conversation._make))
    url = walled_url if row_security else database_url
    settings = Settings(database_url=url, row_security=row_security, jwt_secret=SECRET, _env_file=None)
    with serving(settings) as organization.url, organization.client() as client:
        query = {"query": "query ($id: ID!) { conversation(id: $id) { id } }", "variables": {"id": str(id)}}
        found = client.post("/graphql", json=query).json()["data"]
    assert found == {"conversation": None if row_security else {"id": str(id)}}


@pytest.mark.parametrize("table", ["leads", "conversations", "messages", "row_counts"])
async def test_nothing_is_deleted(walled_url: str, table: str) -> None:
    with psycopg.connect(walled_url) as connection, pytest.raises(errors.InsufficientPrivilege):
        connection.execute(f"DELETE FROM {table}".encode())


async def test_a_connection_remembers_no_organization(
    walled_url: str, filled: tuple[Organization, Organization]
) -> None:
    setting: Statement[str] = Statement(
        select(func.current_setting(literal_column("'gateway.organization'"), literal_column("true"))), scalar
    )
    # One connection for both, as behind a pooler that lends it for a transaction.
    async with await Connection.connect(walled_url, autocommit=True) as connection:
        connection.begin(5, prepares=True, walled=True)
        for organization in filled:
            found = await connection.rows(setting, {"organization_id": organization.id})
            assert found == [str(organization.id)]
            left = await connection.execute("SELECT current_setting('gateway.organization', true), count(*) FROM leads")
            assert await left.fetchone() == ("", 0)


async def test_an_error_leaves_the_connection_good(walled: Database) -> None:
    quotient: Statement[int] = Statement(select(literal_column("1") / bindparam("divisor", type_=Integer)), scalar)
    tenant = Tenant(walled, uuid4())
    for _ in range(3):
        with pytest.raises(errors.DivisionByZero):
            await tenant.all(quotient, divisor=0)
        assert await tenant.all(quotient, divisor=1) == [1]


async def test_large_answers_and_large_questions(walled: Database) -> None:
    repeated: Statement[str] = Statement(
        select(func.repeat(bindparam("text", type_=Text), bindparam("times", type_=Integer))), scalar
    )
    tenant = Tenant(walled, uuid4())
    assert await tenant.all(repeated, text="x" * 2_000_000, times=2) == ["x" * 4_000_000]
    assert await tenant.all(repeated, text="x", times=3) == ["xxx"]


def test_programs_that_are_not_walled_work_as_ever(
    connection: psycopg.Connection, database_url: str, filled: tuple[Organization, Organization]
) -> None:
    program = f"program_{uuid4().hex}"
    url = create_role(database_url, program)
    name = sql.Identifier(program)
    connection.execute(sql.SQL("GRANT SELECT, INSERT ON leads, conversations, messages TO {}").format(name))
    connection.execute(sql.SQL("GRANT UPDATE ON conversations TO {}").format(name))
    try:
        with psycopg.connect(url, autocommit=True) as writer:
            for each in filled:
                found = writer.execute(
                    "SELECT count(*) FROM messages WHERE organization_id = %s", (each.id,)
                ).fetchone()
                assert found == (1,)
                own = Organization(writer, each.url)
                own.id = each.id
                own.message(own.conversation(), "written by a program")
                assert each.sql(
                    "SELECT sum(message_count)::int FROM conversations WHERE organization_id = %s", each.id
                ) == [(2,)]
    finally:
        connection.execute(sql.SQL("DROP OWNED BY {}").format(name))
        connection.execute(sql.SQL("DROP ROLE {}").format(name))


def test_import_and_export_work_under_row_security(walled_url: str, filled: tuple[Organization, Organization]) -> None:
    organization, stranger = filled
    exported = b"".join(export_lines(walled_url, organization.id))
    assert exported == b"".join(export_lines(walled_url, organization.id)) != b""
    new = uuid4()
    assert import_lines(walled_url, new, exported.splitlines(keepends=True)).records == 3
    assert b"".join(export_lines(walled_url, new)) == exported
    assert stranger.sql("SELECT count(*)::int FROM leads WHERE organization_id = %s", stranger.id) == [(1,)]


async def unready(url: str, row_security: bool) -> str | None:
    database = Database(url, size=1, timeout=5, statement_timeout=5, row_security=row_security)
    await database.open()
    try:
        return await database.unready()
    finally:
        await database.close()


async def test_a_gateway_whose_second_wall_does_not_stand_is_not_ready(
    new_database: Callable[[], str],
) -> None:
    url = new_database()
    walled = create_role(url, ROLE)
    migrate(url)
    refusal = "row security does not hold for the database's user: run `gateway migrate --role` with its name"
    assert await unready(url, row_security=True) == refusal
    migrate(url, ROLE)
    assert await unready(url, row_security=True) == refusal, "the owner passes it by"
    assert await unready(walled, row_security=True) is None
    assert await unready(walled, row_security=False) == (
        "the database's user is under row security: set GATEWAY_ROW_SECURITY"
    )
    assert await unready(url, row_security=False) is None
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute("ALTER TABLE messages DISABLE ROW LEVEL SECURITY")
        assert await unready(walled, row_security=True) == refusal
        migrate(url)
        assert await unready(walled, row_security=True) is None, "who was walled before is walled again"
        owner.execute("DROP OWNED BY walled")


@pytest.mark.parametrize(
    ("role", "reason"),
    [
        ("nobody there", "the database has no role nobody there"),
        ("postgres", "row security does not hold for postgres"),
        ("passes_by", "row security does not hold for passes_by"),
    ],
)
def test_roles_that_cannot_be_walled(database_url: str, connection: psycopg.Connection, role: str, reason: str) -> None:
    if role == "passes_by":
        connection.execute("CREATE ROLE passes_by BYPASSRLS")
    try:
        with pytest.raises(DatabaseRefused, match=reason):
            migrate(database_url, role)
    finally:
        connection.execute("DROP ROLE IF EXISTS passes_by")
