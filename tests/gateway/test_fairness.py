"""One organization's writers wait for a row that somebody has locked: what becomes of them, and of everybody else."""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import AbstractContextManager, asynccontextmanager
from typing import NamedTuple, Self

import httpx
import psycopg
import pytest

from gateway.settings import Settings
from tests.support.organization import SECRET, Organization
from tests.support.server import serving
from tests.support.waiting import until

SHARE = 4
LONG = 60
BLOCKED = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
ARRIVING = 0.2
"""Seconds in which requests have come that nobody else can see waiting."""
READ = {"query": "{ conversations { nodes { id } totalCount } }"}
WRITE = {"query": 'mutation { createLead(input: {name: "Jane"}) { lead { id } } }'}


class Locked(NamedTuple):
    """An organization, one of whose conversations somebody has locked; and another organization."""

    busy: Organization
    other: Organization
    path: str
    lock: psycopg.Connection
    client: httpx.AsyncClient

    @classmethod
    @asynccontextmanager
    async def by_another_program(cls, database_url: str, gateway_url: str) -> AsyncIterator[Self]:
        with (
            psycopg.connect(database_url, autocommit=True) as connection,
            psycopg.connect(database_url) as lock,
            Organization(connection, gateway_url) as busy,
            Organization(connection, gateway_url) as other,
        ):
            id = busy.conversation()
            other.conversation()
            lock.execute("SELECT FROM conversations WHERE id = %s FOR UPDATE", [id])
            headers = dict(busy.http.headers)
            async with httpx.AsyncClient(base_url=gateway_url, headers=headers, timeout=LONG, verify=False) as client:
                yield cls(busy, other, f"/api/v1/conversations/{id}", lock, client)

    def writers(self, number: int) -> list[asyncio.Task[httpx.Response]]:
        """Requests for the locked conversation, sent at once."""
        patch = self.client.patch
        return [asyncio.create_task(patch(self.path, json={"status": "escalated"})) for _ in range(number)]

    def blocked(self) -> set[int]:
        """The server's processes that wait for the lock."""
        return {process for (process,) in self.busy.sql(BLOCKED)}

    async def until_blocked(self, *, but: Collection[int] = ()) -> set[int]:
        """Wait until the share is used up by others `but` these, and return them."""
        await asyncio.to_thread(until, lambda: len(self.blocked().difference(but)) == SHARE)
        return self.blocked()

    def check_others(self) -> None:
        """Check that everybody else is served, all the while."""
        http = self.other.http
        for _ in range(10):
            assert http.get("/api/v1/conversations").json()["total"] == 1
            assert http.post("/graphql", json=READ).json()["data"]["conversations"]["totalCount"] == 1
            assert http.post("/graphql", json=WRITE).json()["data"]["createLead"]["lead"]
        assert http.get("/readyz").status_code == 200
        assert len(self.blocked()) == SHARE


def served(database_url: str, pool_timeout: float) -> AbstractContextManager[str]:
    """A gateway with five connections, which waits for locks for long."""
    return serving(
        Settings(
            database_url=database_url,
            pool_size=5,
            pool_timeout=pool_timeout,
            lock_timeout=LONG,
            statement_timeout=LONG,
            request_timeout=LONG,
            jwt_secret=SECRET,
            _env_file=None,
        )
    )


@pytest.fixture(scope="module")
def patient_url(database_url: str) -> Iterator[str]:
    with served(database_url, LONG) as url:
        yield url


@pytest.fixture
def impatient_url(database_url: str) -> Iterator[str]:
    with served(database_url, 1) as url:
        yield url


async def test_others_are_served_meanwhile(database_url: str, patient_url: str) -> None:
    async with Locked.by_another_program(database_url, patient_url) as locked:
        writers = locked.writers(12)
        await locked.until_blocked()
        await asyncio.sleep(ARRIVING)
        await asyncio.to_thread(locked.check_others)
        assert not any(writer.done() for writer in writers)
        locked.lock.rollback()
        assert [answer.status_code for answer in await asyncio.gather(*writers)] == [200] * 12


async def test_its_own_wait_as_long_as_anybody_for_a_connection(database_url: str, impatient_url: str) -> None:
    async with Locked.by_another_program(database_url, impatient_url) as locked:
        writers = locked.writers(SHARE)
        await locked.until_blocked()
        answers = locked.client.get("/api/v1/conversations"), locked.client.post("/graphql", json=READ)
        rest, graphql = await asyncio.gather(*answers)
        assert (rest.status_code, rest.headers["Retry-After"]) == (503, "1")
        assert (graphql.status_code, graphql.headers["Retry-After"]) == (503, "1")
        assert graphql.json()["errors"][0]["extensions"] == {"code": "SERVICE_UNAVAILABLE"}
        await asyncio.to_thread(locked.check_others)
        locked.lock.rollback()
        assert [answer.status_code for answer in await asyncio.gather(*writers)] == [200] * SHARE
        assert (await locked.client.get("/api/v1/conversations")).status_code == 200


async def test_who_goes_away_leaves_room(database_url: str, patient_url: str) -> None:
    async with Locked.by_another_program(database_url, patient_url) as locked:
        first = locked.writers(SHARE)
        blocked = await locked.until_blocked()
        writers = locked.writers(9)
        await asyncio.sleep(ARRIVING)
        for writer in [*first, *writers[::2]]:
            writer.cancel()
        await locked.until_blocked(but=blocked)
        await asyncio.to_thread(locked.check_others)
        more = locked.writers(3)
        locked.lock.rollback()
        answers = await asyncio.gather(*writers[1::2], *more)
        assert [answer.status_code for answer in answers] == [200] * 7
