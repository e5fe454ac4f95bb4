"""Patience: how long what runs may take. One alarm serves all of it: to set one for each costs as much as a statement.

>>> await Patience(30).within(work())  # raises TimeoutError
"""

import asyncio
from collections.abc import Awaitable
from typing import NamedTuple, TypeVar

Result = TypeVar("Result")


class _Running(NamedTuple):
    task: "asyncio.Task[object]"
    end: float
    cancelling: int
    """How often the task was asked to end before."""


class Patience:
    """Ends what takes longer than so many seconds."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._running: dict[object, _Running] = {}
        """What began first comes first."""
        self._alarm: asyncio.TimerHandle | None = None

    async def within(self, work: Awaitable[Result]) -> Result:
        """Wait for the work's result. Raises TimeoutError where it takes too long: it is cancelled then."""
        task, loop, key = asyncio.current_task(), asyncio.get_running_loop(), object()
        assert task is not None  # noqa: S101 (whoever awaits is in one)
        running = self._running[key] = _Running(task, loop.time() + self._seconds, task.cancelling())
        if self._alarm is None:
            self._alarm = loop.call_at(running.end, self._look, loop)
        try:
            return await work
        except asyncio.CancelledError as error:
            if key not in self._running and task.uncancel() <= running.cancelling:
                raise TimeoutError from error
            raise
        finally:
            self._running.pop(key, None)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        """End what is overdue."""
        self._alarm = None
        for key, running in list(self._running.items()):
            if running.end > loop.time():
                self._alarm = loop.call_at(running.end, self._look, loop)
                return
            del self._running[key]
            running.task.cancel()
