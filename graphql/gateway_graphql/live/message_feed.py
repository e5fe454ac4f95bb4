"""MessageFeed: an organization's new messages, from position to position, published to their subscribers."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import NamedTuple

from gateway.database.changes import EventPosition, added_messages, current_snapshot
from gateway.database.listener import Change
from gateway.database.tenant import Tenant
from gateway.records import Message
from gateway_graphql.cursors import encode_event
from gateway_graphql.live.subscribers import Event, Subscribers


class AddedMessage(NamedTuple):
    """A message, and the position behind it."""

    message: Message
    position: EventPosition

    @property
    def cursor(self) -> str:
        """The position as clients give it back."""
        return encode_event(self.position)


class MessageFeed:
    """The organization's new messages, in the order in which they committed within each conversation."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._subscribers: Subscribers[AddedMessage] = Subscribers()
        self._looking = asyncio.Lock()
        self._position: EventPosition | None = None
        self.woken = asyncio.Event()

    def wake(self, change: Change | None) -> None:
        """Look soon."""
        if change is None or change.table == "conversations":
            self.woken.set()

    async def look(self) -> None:
        """Publish what was added since the last look."""
        async with self._looking:
            await self._look()

    async def _look(self) -> EventPosition:
        now = await current_snapshot(self._tenant)
        if self._position is not None:
            async for message, position in added_messages(self._tenant, self._position, now):
                self._position = position
                await self._subscribers.publish(AddedMessage(message, position))
        self._position = EventPosition(now)
        return self._position

    async def watch(
        self, after: EventPosition | None, wants: Callable[[AddedMessage], bool]
    ) -> AsyncGenerator[Event[AddedMessage]]:
        """Hand on what is added behind the position, then what comes live; without a position, only that."""
        if after is not None:
            # Fetched without the lock, however much it is: only the last rows are fetched while the feed stands still.
            until = await current_snapshot(self._tenant)
            async for message, position in added_messages(self._tenant, after, until):
                if wants(added := AddedMessage(message, position)):
                    yield Event(added)
            after = EventPosition(until)
        async with self._looking:
            here = await self._look()
            rest = [] if after is None else await self._between(after, here.seen)
            subscriber = self._subscribers.join(wants)
        try:
            for added in filter(wants, rest):
                yield Event(added)
            while True:
                yield await subscriber.next()
        finally:
            self._subscribers.leave(subscriber)

    async def _between(self, after: EventPosition, until: str) -> list[AddedMessage]:
        rows = added_messages(self._tenant, after, until)
        return [AddedMessage(message, position) async for message, position in rows]
