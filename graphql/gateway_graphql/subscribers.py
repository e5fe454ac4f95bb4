"""Subscribers: a bounded queue for each who watches, so that a slow one is let go and delays nobody."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Generic, TypeVar

Row = TypeVar("Row")
Made = TypeVar("Made")

LONGEST_QUEUE = 1000
"""Events that a subscriber may be behind."""
BURST = 250
"""Events that are told at a stretch: behind them, those who take them in time are waited for."""

_PAUSE, _SHORT, _LONG = 0.02, 50, 500
"""Seconds between looks at the queues, and how many looks a few slow subscribers are worth, and most of them."""


class TooSlow(Exception):
    """The subscriber did not take its events in time."""


class Event(Generic[Row]):
    """A row that is told, and what was made of it: once for all who are told of it."""

    __slots__ = ("_made", "_turn", "row")

    def __init__(self, row: Row) -> None:
        self.row = row
        self._made: dict[Hashable, asyncio.Task[Any]] = {}
        self._turn = asyncio.Lock()

    async def once(self, key: Hashable, make: Callable[[], Coroutine[Any, Any, Made]]) -> Made:
        """Return what was made under the key; make it where nobody has. Who goes away meanwhile spoils nothing."""
        made = self._made.get(key)
        if made is None:
            made = self._made[key] = asyncio.create_task(self._in_turn(make) if self._made else make())
        return made.result() if made.done() else await asyncio.shield(made)

    async def _in_turn(self, make: Callable[[], Coroutine[Any, Any, Made]]) -> Made:
        """Begin one after another: whoever else waits is seen to in between."""
        async with self._turn:
            await asyncio.sleep(0)
        return await make()


class Subscriber(Generic[Row]):
    """Somebody who watches, what of it is wanted, and what was not taken yet."""

    def __init__(self, wants: Callable[[Row], bool]) -> None:
        self.wants = wants
        self.queue: asyncio.Queue[Event[Row]] = asyncio.Queue(LONGEST_QUEUE)
        self.let_go = False

    async def next(self) -> Event[Row]:
        """Return the next event. Raises TooSlow where one was missed."""
        if self.let_go and self.queue.empty():
            raise TooSlow
        return await self.queue.get()


class Subscribers(Generic[Row]):
    """Those who watch one thing."""

    def __init__(self) -> None:
        self._everybody: set[Subscriber[Row]] = set()
        self._told = 0

    async def tell(self, row: Row) -> None:
        """Hand a row to everybody who wants it. Who has no room for it is let go."""
        event = Event(row)
        for subscriber in tuple(self._everybody):
            if not subscriber.wants(row):
                continue
            if subscriber.queue.full():
                subscriber.let_go = True
                self.leave(subscriber)
            else:
                subscriber.queue.put_nowait(event)
        self._told += 1
        if self._told % BURST == 0:
            await self._room()

    async def _room(self) -> None:
        """Wait until everybody has room for a burst: not long for a few slow ones, longer where most are."""
        for waited in range(_LONG):
            behind = sum(each.queue.maxsize - each.queue.qsize() < BURST for each in self._everybody)
            if not behind or (waited >= _SHORT and behind * 2 <= len(self._everybody)):
                return
            await asyncio.sleep(_PAUSE)

    def join(self, wants: Callable[[Row], bool]) -> Subscriber[Row]:
        """Begin to collect events for somebody, who has to `leave`."""
        subscriber = Subscriber(wants)
        self._everybody.add(subscriber)
        return subscriber

    def leave(self, subscriber: Subscriber[Row]) -> None:
        """Collect no more for somebody."""
        self._everybody.discard(subscriber)
