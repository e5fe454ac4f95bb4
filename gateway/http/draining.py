"""Draining: at SIGTERM a process first says that it is not ready, then ends its streams, then stops."""

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

import structlog

log = structlog.get_logger(__name__)

_STREAMS_END_WITHIN = 2.0
"""Seconds that streams have to close in good order."""


class Drain:
    """After SIGTERM the process serves on for some seconds while `/readyz` is 503, so that proxies stop sending.

    Then it ends its streams, whose clients connect again elsewhere, and hands over to the server, which lets
    running requests finish. Ctrl-C and a second signal skip the wait.
    """

    def __init__(self, seconds: float) -> None:
        """`seconds` is how long it serves on."""
        self._seconds = seconds
        self._streams: set[Callable[[], object]] = set()
        self._handlers: dict[int, Callable[[int, FrameType | None], object]] = {}
        self._stopping: asyncio.Task[None] | None = None
        self._skip = asyncio.Event()
        self._ended = asyncio.Event()
        self.begun = False

    def on_signals(self) -> None:
        """Replace the server's signal handlers; they are called when draining is done."""
        if threading.current_thread() is not threading.main_thread():
            return  # Python lets no other thread handle signals
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            before = signal.getsignal(number)
            if callable(before):
                self._handlers[number] = before
                signal.signal(number, lambda number, _: loop.call_soon_threadsafe(self._on_signal, number))

    def _on_signal(self, number: int) -> None:
        if self._stopping or number == signal.SIGINT:
            self._skip.set()
        if self._stopping is None:
            self.begun = True
            self._stopping = asyncio.create_task(self._stop(number))

    async def _stop(self, number: int) -> None:
        log.info("draining", seconds=self._seconds, streams=self.streams)
        await _until(self._skip, self._seconds)
        for end in tuple(self._streams):
            end()
        if self._streams:
            await _until(self._ended, _STREAMS_END_WITHIN)
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
