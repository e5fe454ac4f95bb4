"""Feeds: what changes in an organization, fetched once, and published to all subscribers of this process.

An announcement only says where to look. Each message is published exactly once, from position to position, also
after the listening connection broke. A changed conversation or lead is published as it is when it is fetched.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Generic, Protocol, TypeVar, cast
from uuid import UUID

import structlog

from gateway.database.changes import (
    ChangedRows,
    changed_conversations,
    changed_leads,
    database_time,
)
from gateway.database.conversations import conversations_by_id
from gateway.database.errors import DatabaseTimeout, DatabaseUnavailable
from gateway.database.leads import leads_by_id
from gateway.database.listener import Change
from gateway.database.pool import Database
from gateway.database.tenant import Tenant
from gateway.records import Conversation, Lead
from gateway_graphql.live.message_feed import MessageFeed
from gateway_graphql.live.subscribers import Event, Subscribers

log = structlog.get_logger(__name__)

_PAUSE = 0.5
"""Seconds before a feed looks again after the database did not answer."""
_OVERLAP = timedelta(seconds=10)
"""How far to look back for changes that went unheard: transactions may commit late. Some are published twice."""

Row = TypeVar("Row", Conversation, Lead)
ById = Callable[[Tenant, Sequence[UUID]], Awaitable[Sequence[Row | None]]]


class Feed(Protocol):
    """Something to watch in one organization."""

    woken: asyncio.Event

    def wake(self, change: Change | None) -> None:
        """Look soon, at the change; None: anything may have happened."""

    async def look(self) -> None:
        """Fetch what is new, and publish it."""


AnyFeed = TypeVar("AnyFeed", bound=Feed)


class RowFeed(Generic[Row]):
    """The organization's changed rows of one table, as they stand when they are fetched."""

    def __init__(self, tenant: Tenant, table: str, by_id: ById[Row], changed: ChangedRows[Row]) -> None:
        self._tenant = tenant
        self._table = table
        self._by_id: ById[Row] = by_id
        self._changed: ChangedRows[Row] = changed
        self._subscribers: Subscribers[Row] = Subscribers()
        self._looking = asyncio.Lock()
        self._ids: dict[UUID, None] = {}
        self._heard_at: datetime | None = None
        self._unheard = False
        self.woken = asyncio.Event()

    def wake(self, change: Change | None) -> None:
        """Look soon, at the rows that changed."""
        if change is not None and change.table != self._table:
            return
        if change is None or change.ids is None:
            self._unheard = True
        else:
            self._ids.update(dict.fromkeys(change.ids))
        self.woken.set()

    async def look(self) -> None:
        """Publish the announced rows; and where announcements may be missing, all that changed since."""
        async with self._looking:
            # Taken first: what is announced meanwhile is for the next look.
            ids, unheard = list(self._ids), self._unheard
            self._ids, self._unheard = {}, False
            try:
                await self._look(ids, unheard)
            except BaseException:
                self._ids, self._unheard = dict.fromkeys(ids) | self._ids, unheard or self._unheard
                raise

    async def _look(self, ids: list[UUID], unheard: bool) -> None:
        now = await database_time(self._tenant)
        if unheard and self._heard_at is not None:
            async for row in self._changed.since(self._tenant, self._heard_at - _OVERLAP):
                await self._subscribers.publish(row)
        for found in await self._by_id(self._tenant, ids) if ids else []:
            if found is not None:
                await self._subscribers.publish(found)
        self._heard_at = now

    async def watch(self, wants: Callable[[Row], bool]) -> AsyncGenerator[Event[Row]]:
        """Hand on what changes from now on."""
        await self.look()
        subscriber = self._subscribers.join(wants)
        try:
            while True:
                yield await subscriber.next()
        finally:
            self._subscribers.leave(subscriber)


class Feeds:
    """The feeds of a process: one for each organization and table with subscribers."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._feeds: dict[tuple[str, UUID], tuple[Feed, asyncio.Task[None]]] = {}
        self._watchers: Counter[tuple[str, UUID]] = Counter()

    def wake(self, change: Change) -> None:
        """Pass an announcement on."""
        for table in ("messages", "conversations", "leads"):
            if found := self._feeds.get((table, change.organization_id)):
                found[0].wake(change)

    def wake_all(self) -> None:
        """Have all feeds look: announcements may have been missed."""
        for feed, _ in tuple(self._feeds.values()):
            feed.wake(None)

    def subscribers(self, table: str) -> int:
        """Count the subscriptions to a table, of all organizations."""
        return sum(number for (watched, _), number in self._watchers.items() if watched == table)

    @asynccontextmanager
    async def messages(self, organization_id: UUID) -> AsyncIterator[MessageFeed]:
        """Keep the feed of an organization's messages going."""
        async with self._going("messages", organization_id, MessageFeed) as feed:
            yield feed

    @asynccontextmanager
    async def conversations(self, organization_id: UUID) -> AsyncIterator[RowFeed[Conversation]]:
        """Keep the feed of an organization's conversations going."""

        def make(tenant: Tenant) -> RowFeed[Conversation]:
            return RowFeed(tenant, "conversations", conversations_by_id, changed_conversations)

        async with self._going("conversations", organization_id, make) as feed:
            yield feed

    @asynccontextmanager
    async def leads(self, organization_id: UUID) -> AsyncIterator[RowFeed[Lead]]:
        """Keep the feed of an organization's leads going."""

        def make(tenant: Tenant) -> RowFeed[Lead]:
            return RowFeed(tenant, "leads", leads_by_id, changed_leads)

        async with self._going("leads", organization_id, make) as feed:
            yield feed

    @asynccontextmanager
    async def _going(
        self, table: str, organization_id: UUID, make: Callable[[Tenant], AnyFeed]
    ) -> AsyncIterator[AnyFeed]:
        key = table, organization_id
        if key not in self._feeds:
            tenant = Tenant(self._database, organization_id)
            tenant.keep_to_primary()
            new = make(tenant)
            self._feeds[key] = new, asyncio.create_task(_run(new))
        feed, task = self._feeds[key]
        self._watchers[key] += 1
        try:
            yield cast(AnyFeed, feed)
        finally:
            self._watchers[key] -= 1
            if not self._watchers[key]:
                task.cancel()
                del self._feeds[key], self._watchers[key]


async def _run(feed: Feed) -> None:
    while True:
        await feed.woken.wait()
        feed.woken.clear()
        try:
            await feed.look()
        except (DatabaseUnavailable, DatabaseTimeout):
            feed.wake(None)
            await asyncio.sleep(_PAUSE)
        except Exception:
            log.exception("a feed failed")
            feed.wake(None)
            await asyncio.sleep(_PAUSE)
