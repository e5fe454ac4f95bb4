"""Who does not take what is told is let go, and delays nobody."""

import asyncio

import pytest

from gateway.database.changes import changed_leads
from gateway.database.leads import leads_by_id
from gateway.database.listener import Change
from gateway.database.pool import Database
from gateway.database.tenant import Tenant
from gateway_graphql.live.feeds import RowFeed
from gateway_graphql.live.message_feed import MessageFeed
from gateway_graphql.live.subscribers import Subscribers, TooSlow
from tests.support.organization import Organization
from tests.support.socket import acknowledged
from tests.support.watching import ADDED


async def test_is_let_go_when_its_queue_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway_graphql.live.subscribers.LONGEST_QUEUE", 3)
    subscribers: Subscribers[int] = Subscribers()
    slow, quick = subscribers.join(lambda _: True), subscribers.join(lambda n: n % 2 == 0)
    for n in range(5):
        await subscribers.publish(n)
    assert slow.queue.qsize() == 3
    assert [(await slow.next()).row for _ in range(3)] == [0, 1, 2]
    with pytest.raises(TooSlow):
        await slow.next()
    assert [(await quick.next()).row for _ in range(3)] == [0, 2, 4]
    waiting = asyncio.ensure_future(quick.next())
    await asyncio.sleep(0)
    await subscribers.publish(6)
    assert (await waiting).row == 6


async def test_a_burst_waits_for_those_who_take_it(
    organization: Organization, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway_graphql.live.subscribers.LONGEST_QUEUE", 10)
    monkeypatch.setattr("gateway_graphql.live.subscribers.BURST", 5)
    feed = MessageFeed(Tenant(database, organization.id))
    conversation = organization.conversation()
    quick, slow = feed.watch(None, lambda _: True), feed.watch(None, lambda _: True)
    first = [asyncio.ensure_future(anext(each)) for each in (quick, slow)]
    await asyncio.sleep(0.2)
    organization.sql(
        "INSERT INTO messages (organization_id, conversation_id, role, content)"
        " SELECT %s, %s, 'user', n FROM generate_series(1, 60) AS n",
        organization.id,
        conversation,
    )
    looking = asyncio.ensure_future(feed.look())
    told = [(await first[0]).row] + [(await anext(quick)).row for _ in range(59)]
    assert [added.message.content for added in told] == [str(n) for n in range(1, 61)]
    await looking
    # Who takes nothing is let go, and has not delayed the other for long.
    assert (await first[1]).row.message.content == "1"
    for _ in range(10):
        await anext(slow)
    with pytest.raises(TooSlow):
        await anext(slow)
    await quick.aclose()


async def test_many_changed_rows_are_a_burst(
    organization: Organization, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway_graphql.live.subscribers.LONGEST_QUEUE", 10)
    monkeypatch.setattr("gateway_graphql.live.subscribers.BURST", 5)
    ids = [organization.lead() for _ in range(60)]
    feed = RowFeed(Tenant(database, organization.id), "leads", leads_by_id, changed_leads)
    watching = feed.watch(lambda _: True)
    first = asyncio.ensure_future(anext(watching))
    await asyncio.sleep(0.2)
    feed.wake(Change("leads", organization.id, ids))
    looking = asyncio.ensure_future(feed.look())
    told = [(await first).row] + [(await anext(watching)).row for _ in range(59)]
    assert [row.id for row in told] == ids
    await looking
    await watching.aclose()


def test_who_does_not_read_is_closed(organization: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway_graphql.live.subscribers.LONGEST_QUEUE", 10)
    monkeypatch.setattr("gateway_graphql.transports.websocket.SEND_TIMEOUT", 0.5)
    conversation = organization.conversation()
    with acknowledged(organization, compression=None, max_queue=1) as slow, acknowledged(organization) as quick:
        slow.subscribe(ADDED)
        id = quick.subscribe(ADDED)
        slow.settle()
        quick.settle()
        for n in range(60):
            organization.message(conversation, f"{n:06}" + "\u2003" * 99_990)
            assert quick.next(id)["messageAdded"]["message"]["content"].startswith(f"{n:06}")
        # The code comes through if it is read within a second; otherwise the connection just ends.
        assert slow.closed() in {1013, 1006}
