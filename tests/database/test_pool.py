"""The pool when all is well and when the database is away, slow or asked for too much."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy import (
    Float,
    Integer,
    Text,
    Uuid,
    bindparam,
    cast,
    column,
    false,
    func,
    insert,
    literal_column,
    select,
    table,
)

from gateway.database.allowance import Allowance
from gateway.database.errors import AnswerTooLarge, DatabaseTimeout, DatabaseUnavailable
from gateway.database.pool import Database
from gateway.database.statements import Statement, scalar
from gateway.database.tables import leads
from gateway.database.tenant import Tenant
from gateway.database.wire import Connection
from tests.support.road import Road

ONE: Statement[int] = Statement(select(bindparam("one", type_=Integer)), scalar)
SLEEP: Statement[None] = Statement(select(func.pg_sleep(bindparam("seconds", type_=Float))), scalar)
LENGTH: Statement[int] = Statement(select(func.length(bindparam("content", type_=Text))), scalar)
SETTING: Statement[str] = Statement(select(func.current_setting(bindparam("name", type_=Text))), scalar)
PROCESS: Statement[int] = Statement(select(func.pg_backend_pid()), scalar)
NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"


@asynccontextmanager
async def opened(
    url: str, *, size: int = 1, patience: float = 5, statement_timeout: float = 5
) -> AsyncIterator[Database]:
    database = Database(url, size=size, timeout=patience, statement_timeout=statement_timeout)
    await database.open()
    try:
        yield database
    finally:
        await database.close()


async def test_statements_are_counted_and_know_their_organization(database: Database) -> None:
    organization = uuid4()
    own: Statement[str] = Statement(select(cast(bindparam("organization_id", type_=Uuid), Text)), scalar)
    tenant = Tenant(database, organization)
    assert await tenant.all(own) == [str(organization)]
    assert await tenant.first(ONE, one=1) == 1
    assert tenant.statements == 2


async def test_texts_are_utf_8_whatever_the_environment_says(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")
    async with opened(database_url) as database:
        assert await Tenant(database, uuid4()).first(LENGTH, content="é😀") == 2


async def test_a_missing_parameter_is_a_mistake_of_ours(database: Database) -> None:
    with pytest.raises(KeyError, match="one"):
        await database.run(ONE, {})


TEXTS: Statement[str] = Statement(
    select(func.repeat(literal_column("'x'"), literal_column("10000"))).select_from(
        func.generate_series(literal_column("1"), bindparam("texts", type_=Integer))
    ),
    scalar,
)


@pytest.mark.parametrize("way", ["TCP", "socket"])
async def test_bytes_of_an_operation(database_url: str, way: str) -> None:
    with Road(database_url) as road:
        async with opened(road.url if way == "TCP" else database_url) as database:
            assert len(await Tenant(database, uuid4(), Allowance(5_000_000)).all(TEXTS, texts=495)) == 495
            tenant = Tenant(database, uuid4(), Allowance(5_000_000))
            assert len(await tenant.all(TEXTS, texts=300)) == 300
            with pytest.raises(AnswerTooLarge, match="5,000,000 bytes"):
                await tenant.all(TEXTS, texts=300)
            with pytest.raises(AnswerTooLarge):
                await tenant.all(ONE, one=1)
            tenant.go_on()
            assert await tenant.all(ONE, one=1) == [1]


async def test_a_server_that_does_not_speak_its_protocol(database_url: str) -> None:
    loop = asyncio.get_running_loop()
    with Road(database_url) as road:
        connection = await Connection.connect(road.url, autocommit=True)
        connection.begin(5, prepares=True, walled=False)
        closed = connection.fileno()
        waiting = asyncio.create_task(connection.rows(SLEEP, {"seconds": 5.0}))
        await asyncio.sleep(0.1)
        await asyncio.to_thread(road.babble)
        with pytest.raises(psycopg.OperationalError):
            await waiting
        # The next socket of anybody's has its number.
        ours, theirs = sorted(socket.socketpair(), key=lambda each: each.fileno() != closed)
        with ours, theirs:
            assert ours.fileno() == closed
            ours.setblocking(False)
            loop.call_later(0.1, theirs.send, b"hello")
            assert await asyncio.wait_for(loop.sock_recv(ours, 5), 1) == b"hello"
        await connection.close()


async def test_a_table_that_is_altered_under_prepared_statements(
    database_url: str, connection: psycopg.Connection
) -> None:
    altered = table(f"altered_{uuid4().hex}", column("number"))
    numbers: Statement[int] = Statement(select(altered.c.number), scalar)
    add: Statement[int] = Statement(
        insert(altered).values(number=literal_column("2")).returning(altered.c.number), scalar
    )
    connection.execute(f"CREATE TABLE {altered.name} AS SELECT 1 AS number")
    try:
        async with opened(database_url, size=3) as database:
            for statement in (numbers, add):
                await asyncio.gather(*(database.run(statement, {}) for _ in range(9)))
            connection.execute(f"ALTER TABLE {altered.name} ALTER number TYPE bigint")
            assert await database.run(add, {}) == [2]
            assert len(await database.run(numbers, {})) == 11
    finally:
        connection.execute(f"DROP TABLE {altered.name}")


async def test_more_statements_than_connections_take_turns(database_url: str) -> None:
    async with opened(database_url, size=2) as database:
        statements = (database.run(ONE, {"one": number}) for number in range(20))
        assert await asyncio.gather(*statements) == [[number] for number in range(20)]


async def test_sessions_are_in_utc_and_keep_the_urls_own_options(database_url: str) -> None:
    url = f"{database_url}&options=-cwork_mem%3D7MB%20-ctimezone%3DAsia/Tokyo"
    async with opened(url, statement_timeout=7) as database:
        names = ("TimeZone", "work_mem", "statement_timeout")
        found = [await database.run(SETTING, {"name": name}) for name in names]
    assert found == [["UTC"], ["7MB"], ["7s"]]


async def test_a_slow_statement_is_stopped(database_url: str) -> None:
    async with opened(database_url, statement_timeout=0.1) as database:
        with pytest.raises(DatabaseTimeout):
            await database.run(SLEEP, {"seconds": 10})
        assert await database.run(ONE, {"one": 1}) == [1]


async def test_a_statement_that_nobody_waits_for_is_stopped(database_url: str) -> None:
    async with opened(database_url) as database:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await database.run(SLEEP, {"seconds": 60})
        started = time.monotonic()
        assert await database.run(ONE, {"one": 1}) == [1]
        assert time.monotonic() - started < 4


async def test_no_connection_free_in_time(database_url: str) -> None:
    async with opened(database_url, patience=0.2) as database:
        busy = asyncio.create_task(database.run(SLEEP, {"seconds": 1}))
        await asyncio.sleep(0.1)
        with pytest.raises(DatabaseUnavailable):
            await database.run(ONE, {"one": 1})
        await busy
        assert await database.run(ONE, {"one": 1}) == [1]


async def test_statements_that_nobody_waits_for_leave_nothing_behind(database_url: str) -> None:
    organization, other = uuid4(), uuid4()

    async def sleep(database: Database, organization: UUID, seconds: float) -> None:
        await Tenant(database, organization).all(SLEEP, seconds=seconds)

    async with opened(database_url, size=4, patience=60, statement_timeout=60) as database:
        for _ in range(3):
            tasks = [asyncio.create_task(sleep(database, organization, 60)) for _ in range(12)]
            # Of four connections an organization holds three at most.
            while (database.load.busy, database.load.waiting) != (3, 9):  # noqa: ASYNC110 (the pool has no event for it)
                await asyncio.sleep(0.01)
            await sleep(database, other, 0)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            assert database.load.waiting == 0
        await asyncio.gather(*(sleep(database, organization, 0) for _ in range(20)))
        while database.load.busy:  # noqa: ASYNC110 (likewise: what was broken off is replaced)
            await asyncio.sleep(0.01)
        assert database.load.waiting == 0


@pytest.mark.parametrize("url", [NOWHERE, "postgresql://nobody@/nothing?host=/nowhere"])
async def test_a_server_that_is_away(url: str) -> None:
    async with opened(url, patience=0.2) as database:
        started = time.monotonic()
        with pytest.raises(DatabaseUnavailable):
            await database.run(ONE, {"one": 1})
        assert time.monotonic() - started < 2


async def test_a_closed_pool_is_unavailable(database_url: str) -> None:
    async with opened(database_url) as database:
        pass
    with pytest.raises(DatabaseUnavailable):
        await database.run(ONE, {"one": 1})


async def test_a_server_that_goes_and_comes_back(database_url: str) -> None:
    with Road(database_url) as road:
        async with opened(road.url, patience=0.3) as database:
            assert await database.run(ONE, {"one": 1}) == [1]
            road.close()
            for _ in range(3):
                with pytest.raises(DatabaseUnavailable):
                    await database.run(ONE, {"one": 2})
            road.open()
            assert await answered(database) < 3


async def test_a_server_that_falls_silent_is_not_waited_for(database_url: str) -> None:
    with Road(database_url) as road:
        async with opened(road.url, size=2, patience=0.3, statement_timeout=0.2) as database:
            both = (database.run(ONE, {"one": number}) for number in range(2))
            assert await asyncio.gather(*both) == [[0], [1]]
            road.silence()
            started = time.monotonic()
            for _ in range(2):
                with pytest.raises(DatabaseUnavailable):
                    await database.run(ONE, {"one": 2})
            assert await database.unready() == "the database does not answer"
            assert time.monotonic() - started < 10
            road.cut()
            road.speak()
            assert await answered(database) < 10
            assert await database.unready() is None


async def test_of_several_addresses_the_one_that_answers_is_found(database_url: str) -> None:
    with Road(database_url) as first, Road(database_url) as second:
        hosts = f"{first.address},{second.address}"
        url = f"postgresql://postgres@{hosts}/gateway?sslmode=disable&target_session_attrs=read-write"
        async with opened(url, patience=1) as database:
            assert await database.run(ONE, {"one": 1}) == [1]
            first.close()
            assert await answered(database) < 5
            first.open()
            second.close()
            assert await answered(database) < 5


async def test_connections_that_broke_unnoticed_are_not_used(database_url: str, connection: psycopg.Connection) -> None:
    async with opened(database_url, size=3) as database:
        sleeping = (database.run(SLEEP, {"seconds": 0.1}) for _ in range(3))
        await asyncio.gather(*sleeping)
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE application_name = 'conversations-gateway' AND query LIKE '%pg_sleep%' AND pid != pg_backend_pid()"
        )
        await asyncio.sleep(0.1)
        # A write: it is not tried again.
        write: Statement[int] = Statement(
            insert(leads).from_select(["name"], select(leads.c.name).where(false())), scalar
        )
        assert [await database.run(write, {}) for _ in range(5)] == [[]] * 5


async def answered(database: Database) -> float:
    """Ask until there is an answer; return the seconds that it took."""
    started = time.monotonic()
    while time.monotonic() - started < 20:
        try:
            await database.run(ONE, {"one": 1})
        except DatabaseUnavailable:
            continue
        return time.monotonic() - started
    raise AssertionError("no answer")


async def test_a_connection_that_the_server_ended_is_replaced(
    database_url: str, connection: psycopg.Connection
) -> None:
    async with opened(database_url) as database:
        (process,) = await database.run(PROCESS, {})
        connection.execute("SELECT pg_terminate_backend(%s, 5000)", (process,))
        assert await database.run(PROCESS, {}) not in ([], [process])


async def test_what_text_cannot_hold_does_not_harm_the_connection(database_url: str) -> None:
    async with opened(database_url) as database:
        with pytest.raises(psycopg.DataError, match="NUL"):
            await database.run(LENGTH, {"content": "a\0b"})
        with pytest.raises(UnicodeEncodeError):
            await database.run(LENGTH, {"content": "\ud800"})
        assert await database.run(LENGTH, {"content": "fine"}) == [4]
