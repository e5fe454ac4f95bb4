"""Draining: how a process stops that others rely on: first it says that it is not ready, then it ends its streams."""

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

import structlog

log = structlog.get_logger(__name__)

_FAREWELL = 2.0
"""Seconds for streams to be ended in good order."""


class Drain:
    """Told to stop (SIGTERM), a process goes on for a while, and says that it is not ready: proxies look elsewhere.

    Then it ends its streams, whose clients come back elsewhere, and leaves the rest to the server, which lets
    running requests finish. Ctrl-C and a second signal cut the while short.
    """

    def __init__(self, seconds: float) -> None:
        """`seconds` is how long it goes on."""
        self._seconds = seconds
        self._streams: set[Callable[[], object]] = set()
        self._handlers: dict[int, Callable[[int, FrameType | None], object]] = {}
        self._stopping: asyncio.Task[None] | None = None
        self._hurried = asyncio.Event()
        self._ended = asyncio.Event()
        self.begun = False

    def on_signals(self) -> None:
        """Take the place of the server's own handlers, which are called in the end."""
        if threading.current_thread() is not threading.main_thread():
            return  # signals are somebody else's
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            before = signal.getsignal(number)
            if callable(before):
                self._handlers[number] = before
                signal.signal(number, lambda number, _: loop.call_soon_threadsafe(self._told, number))

    def _told(self, number: int) -> None:
        if self._stopping or number == signal.SIGINT:
            self._hurried.set()
        if self._stopping is None:
            self.begun = True
            self._stopping = asyncio.create_task(self._stop(number))

    async def _stop(self, number: int) -> None:
        log.info("draining", seconds=self._seconds, streams=self.streams)
        await _until(self._hurried, self._seconds)
        for end in tuple(self._streams):
            end()
        if self._streams:
            await _until(self._ended, _FAREWELL)
        self._handlers[number](number, None)

    @property
    def streams(self) -> int:
        """How many streams there are."""
        return len(self._streams)

    @contextmanager
    def streaming(self, end: Callable[[], object]) -> Iterator[None]:
        """Hold a stream, which `end` ends."""
        self._streams.add(end)
        try:
            yield
        finally:
            self._streams.discard(end)
            if not self._streams and self.begun:
                self._ended.set()


async def _until(event: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
