"""Subscribers: a bounded queue for each who watches, so that a slow one is let go and delays nobody."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

Event = TypeVar("Event")

LONGEST_QUEUE = 1000
"""Events that a subscriber may be behind."""
BURST = 250
"""Events that are told at a stretch: behind them, those who take them in time are waited for."""

_PATIENCE, _PAUSE = 50, 0.02


class TooSlow(Exception):
    """The subscriber did not take its events in time."""


@dataclass(frozen=True, eq=False)
class Subscriber(Generic[Event]):
    """Somebody who watches, what of it is wanted, and what was not taken yet."""

    wants: Callable[[Event], bool]
    queue: asyncio.Queue[Event]


class Subscribers(Generic[Event]):
    """Those who watch one thing."""

    def __init__(self) -> None:
        self._everybody: set[Subscriber[Event]] = set()

    def __len__(self) -> int:
        return len(self._everybody)

    def tell(self, event: Event) -> None:
        """Hand an event to everybody who wants it. Who has no room for it is let go."""
        for subscriber in tuple(self._everybody):
            if not subscriber.wants(event):
                continue
            if subscriber.queue.full():
                self._everybody.discard(subscriber)
            else:
                subscriber.queue.put_nowait(event)

    async def room(self, events: int) -> None:
        """Wait until everybody has room for so many events, but not long: a slow one is to delay nobody."""
        for _ in range(_PATIENCE):
            if all(each.queue.maxsize - each.queue.qsize() >= events for each in self._everybody):
                return
            await asyncio.sleep(_PAUSE)

    def join(self, wants: Callable[[Event], bool]) -> Subscriber[Event]:
        """Begin to collect events for somebody who will `take` them."""
        subscriber = Subscriber(wants, asyncio.Queue[Event](LONGEST_QUEUE))
        self._everybody.add(subscriber)
        return subscriber

    async def take(self, subscriber: Subscriber[Event]) -> AsyncIterator[Event]:
        """Hand on what is collected, without end. Raises TooSlow where an event was missed."""
        try:
            while subscriber in self._everybody or not subscriber.queue.empty():
                yield await subscriber.queue.get()
            raise TooSlow
        finally:
            self._everybody.discard(subscriber)
