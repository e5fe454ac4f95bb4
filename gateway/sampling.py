"""Sampling: once a second the gauges of a process are set: connections, subscribers, the listener's lag."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Protocol

from gateway.database.errors import DatabaseTimeout, DatabaseUnavailable
from gateway.database.listener import Listener
from gateway.database.pool import Database
from gateway.metrics import BUSY, CONNECTIONS, LAG, LISTENING, LOOKUPS, REPLICAS, SUBSCRIBERS, WAITING, flush

_SECONDS = 1.0
_ASKING = 5.0
"""Seconds between two questions for the listener's lag."""
_TABLES = ("messages", "conversations", "leads")


class Cache(Protocol):
    """Something that is looked up before it is made."""

    hits: int
    misses: int


class Watched(Protocol):
    """Something with subscribers."""

    def subscribers(self, table: str) -> int:
        """Say how many there are."""


class Sampler:
    """Takes samples of a process, for as long as it runs."""

    def __init__(self, database: Database, listener: Listener, feeds: Watched, caches: Mapping[str, Cache]) -> None:
        self._database = database
        self._listener = listener
        self._feeds = feeds
        self._caches = caches
        self._counted: dict[tuple[str, str], int] = {}

    async def run(self) -> None:
        """Take samples until cancelled."""
        # In a task of its own: a database that hangs must not delay the samples that show it.
        asking = asyncio.create_task(self._ask())
        try:
            while True:
                self._sample()
                await asyncio.sleep(_SECONDS)
        finally:
            asking.cancel()

    async def _ask(self) -> None:
        while True:
            with suppress(DatabaseUnavailable, DatabaseTimeout):
                await self._listener.ask(self._database)
            await asyncio.sleep(_ASKING)

    def _sample(self) -> None:
        flush()
        load = self._database.load
        CONNECTIONS.set(load.connections)
        BUSY.set(load.busy)
        WAITING.set(load.waiting)
        REPLICAS.set(load.replicas)
        LISTENING.set(self._listener.connected)
        LAG.set(self._listener.lag)
        for table in _TABLES:
            SUBSCRIBERS.labels(table).set(self._feeds.subscribers(table))
        for name, cache in self._caches.items():
            self._count(name, "hit", cache.hits)
            self._count(name, "miss", cache.misses)

    def _count(self, cache: str, result: str, total: int) -> None:
        # Counted where it happens by adding to a plain number, which costs a tenth of a metric.
        LOOKUPS.labels(cache, result).inc(total - self._counted.get((cache, result), 0))
        self._counted[cache, result] = total
