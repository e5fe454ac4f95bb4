"""Subscribers: a bounded queue for each, so that a slow one is dropped and delays no other."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Generic, TypeVar

Row = TypeVar("Row")
Made = TypeVar("Made")

LONGEST_QUEUE = 1000
"""Events that a subscriber may be behind."""
BURST = 250
"""Events that are published without a pause: after as many, subscribers get time to catch up."""

_PAUSE, _SHORT, _LONG = 0.02, 50, 500
"""Seconds between looks at the queues; how many looks to wait for a few slow subscribers, and for most of them."""


class TooSlow(Exception):
    """The subscriber did not take its events in time."""


class Event(Generic[Row]):
    """A row that is published, and what was made of it, once for all of its subscribers."""

    __slots__ = ("_made", "_turn", "row")

    def __init__(self, row: Row) -> None:
        self.row = row
        self._made: dict[Hashable, asyncio.Task[Any]] = {}
        self._turn = asyncio.Lock()

    async def once(self, key: Hashable, make: Callable[[], Coroutine[Any, Any, Made]]) -> Made:
        """Return what was made under the key; make it if nobody has. A caller who is cancelled spoils nothing."""
        made = self._made.get(key)
        if made is None:
            made = self._made[key] = asyncio.create_task(self._in_turn(make) if self._made else make())
        return made.result() if made.done() else await asyncio.shield(made)

    async def _in_turn(self, make: Callable[[], Coroutine[Any, Any, Made]]) -> Made:
        """Begin one after another, so that other tasks run in between."""
        async with self._turn:
            await asyncio.sleep(0)
        return await make()


class Subscriber(Generic[Row]):
    """One subscriber: which rows it wants, and the events that it has not taken yet."""

    def __init__(self, wants: Callable[[Row], bool]) -> None:
        self.wants = wants
        self.queue: asyncio.Queue[Event[Row]] = asyncio.Queue(LONGEST_QUEUE)
        self.dropped = False

    async def next(self) -> Event[Row]:
        """Return the next event. Raises TooSlow where one was missed."""
        if self.dropped and self.queue.empty():
            raise TooSlow
        return await self.queue.get()


class Subscribers(Generic[Row]):
    """The subscribers of one feed."""

    def __init__(self) -> None:
        self._all: set[Subscriber[Row]] = set()
        self._published = 0

    async def publish(self, row: Row) -> None:
        """Put a row into the queues of all who want it. A subscriber whose queue is full is dropped."""
        event = Event(row)
        for subscriber in tuple(self._all):
            if not subscriber.wants(row):
                continue
            if subscriber.queue.full():
                subscriber.dropped = True
                self.leave(subscriber)
            else:
                subscriber.queue.put_nowait(event)
        self._published += 1
        if self._published % BURST == 0:
            await self._room()

    async def _room(self) -> None:
        """Wait until all queues have room for a burst: briefly if a few are slow, longer if most are."""
        for waited in range(_LONG):
            behind = sum(each.queue.maxsize - each.queue.qsize() < BURST for each in self._all)
            if not behind or (waited >= _SHORT and behind * 2 <= len(self._all)):
                return
            await asyncio.sleep(_PAUSE)

    def join(self, wants: Callable[[Row], bool]) -> Subscriber[Row]:
        """Add a subscriber, which has to `leave`."""
        subscriber = Subscriber(wants)
        self._all.add(subscriber)
        return subscriber

    def leave(self, subscriber: Subscriber[Row]) -> None:
        """Remove a subscriber."""
        self._all.discard(subscriber)
