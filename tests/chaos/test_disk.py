"""The database's disk is really full while it is written to and read: the one of the rows, and the one of the log."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import httpx
import psycopg
import pytest

from gateway.database.migrate import migrate
from tests.support.chaos.disk import Disk, disk
from tests.support.chaos.load import Load
from tests.support.chaos.processes import Gateway, await_status, running
from tests.support.organization import token
from tests.support.replication import Server, replicated
from tests.support.waiting import until

pytestmark = pytest.mark.long
TIMES = 3


@contextmanager
def loaded(server: Server, attempted: str) -> Iterator[tuple[Gateway, Load, list[float]]]:
    """A gateway on a server, under load; and the times that it takes until writes are acknowledged again."""
    gateway, took = Gateway(server.url, POOL_TIMEOUT=2), list[float]()
    with psycopg.connect(server.url, autocommit=True) as connection:
        load = Load(gateway.url, connection)
    with running(gateway), load:
        yield gateway, load, took
        load.await_acknowledged(20)
    with psycopg.connect(server.url, autocommit=True) as connection:
        load.check(connection, attempted, recovery=f"{max(took):.2f} s")


@contextmanager
def on_a_small_disk(folder: str, megabytes: int, *settings: str) -> Iterator[tuple[Server, Disk]]:
    """A server of which a folder lies on a small disk."""
    with disk(megabytes) as small, replicated(0) as (server,):
        migrate(server.url)
        server.execute(*(f"ALTER SYSTEM SET {setting}" for setting in settings), "CHECKPOINT")
        server.stop("fast")
        small.take(server.folder / "data" / folder)
        server.start()
        yield server, small


def refuses(load: Load, times: int = 20) -> None:
    """Wait until so many more requests are refused."""
    before = load.statuses["503"]
    until(lambda: load.statuses["503"] > before + times)


def test_no_room_for_rows() -> None:
    with (
        on_a_small_disk("base", 96) as (server, small),
        loaded(server, f"No room for rows, {TIMES} times") as (gateway, load, took),
    ):
        for _ in range(TIMES):
            load.await_acknowledged(50)
            small.fill()
            refuses(load)
            assert "full" in httpx.get(f"{gateway.url}/readyz").text
            headers = {"Authorization": f"Bearer {token(load.organization_id)}"}
            assert httpx.get(f"{gateway.url}/api/v1/conversations", headers=headers).status_code == 200
            small.free()
            took.append(load.await_acknowledged())
        await_status(f"{gateway.url}/readyz", 200)


def test_no_room_for_the_log() -> None:
    with (
        on_a_small_disk("pg_wal", 160, "min_wal_size = '32MB'", "max_wal_size = '48MB'") as (server, small),
        loaded(server, f"No room for the log, {TIMES} times") as (gateway, load, took),
    ):
        for _ in range(TIMES):
            load.await_acknowledged(50)
            small.fill()
            with suppress(psycopg.OperationalError):  # it gives up: nothing could be promised any more
                while True:
                    server.execute("SELECT pg_switch_wal()")
            refuses(load)
            await_status(f"{gateway.url}/readyz", 503)
            small.free()
            restart(server)
            took.append(load.await_acknowledged())
        await_status(f"{gateway.url}/readyz", 200)


def restart(server: Server) -> None:
    """Do as an operator does with a server that gave up, or is still trying."""
    if server.runs:
        with suppress(AssertionError):  # it ended just now
            server.stop()
    server.start()
