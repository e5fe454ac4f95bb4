"""The listener: what is announced, and that it comes back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from gateway.database.listener import Change, Listener
from gateway.database.pool import Database
from tests.support.organization import Organization

KILL = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'conversations-gateway listener'"
)


class Heard:
    """What a listener has passed on."""

    def __init__(self, url: str) -> None:
        self.changes: asyncio.Queue[Change] = asyncio.Queue()
        self.connections: asyncio.Queue[None] = asyncio.Queue()
        self.listener = Listener(url, self.changes.put_nowait, lambda: self.connections.put_nowait(None))

    async def connected(self) -> None:
        async with asyncio.timeout(5):
            await self.connections.get()

    async def next(self, organization: Organization) -> Change:
        """The next change of the organization."""
        async with asyncio.timeout(5):
            while (change := await self.changes.get()).organization_id != organization.id:
                pass
        return change


@pytest.fixture
async def heard(database_url: str) -> AsyncIterator[Heard]:
    heard = Heard(database_url)
    task = asyncio.create_task(heard.listener.run())
    await heard.connected()
    yield heard
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert not heard.listener.connected


async def test_rows_are_named(heard: Heard, organization: Organization) -> None:
    lead = organization.lead()
    assert await heard.next(organization) == Change("leads", organization.id, [lead])
    conversation = organization.conversation(lead)
    assert await heard.next(organization) == Change("conversations", organization.id, [conversation])
    organization.message(conversation)
    assert await heard.next(organization) == Change("conversations", organization.id, [conversation])


async def test_very_many_rows_are_named_a_hundred_at_a_time(heard: Heard, organization: Organization) -> None:
    insert = (
        "INSERT INTO leads (organization_id, name, channel) SELECT %s, n, 'web' FROM generate_series(1, %s::int) AS n"
    )
    organization.sql(insert, organization.id, 100)
    assert len((await heard.next(organization)).ids or ()) == 100
    organization.sql(insert, organization.id, 101)
    named = [(await heard.next(organization)).ids or () for _ in range(2)]
    assert sorted(len(ids) for ids in named) == [1, 100]
    assert len({id for ids in named for id in ids}) == 101


async def test_what_cannot_be_read_means_that_anything_may_have_happened(
    heard: Heard, organization: Organization
) -> None:
    organization.sql("SELECT pg_notify('gateway_changes', 'nonsense')")
    await heard.connected()
    lead = organization.lead()
    assert await heard.next(organization) == Change("leads", organization.id, [lead])


async def test_it_comes_back(heard: Heard, organization: Organization) -> None:
    organization.sql(KILL)
    await heard.connected()
    lead = organization.lead()
    assert await heard.next(organization) == Change("leads", organization.id, [lead])


async def test_it_says_how_late_announcements_are(heard: Heard, database: Database) -> None:
    for _ in range(2):
        await heard.listener.ask(database)
        async with asyncio.timeout(5):
            while True:  # it grows for as long as nothing was heard
                lag = heard.listener.lag
                await asyncio.sleep(0.01)
                if lag == heard.listener.lag:
                    break
        assert 0 < lag < 5


async def test_it_waits_for_a_database_that_is_away() -> None:
    heard = Heard("postgresql://somebody@127.0.0.1:1/nothing")
    task = asyncio.create_task(heard.listener.run())
    await asyncio.sleep(0.3)
    assert not task.done()
    assert not heard.listener.connected
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
