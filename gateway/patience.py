"""Patience: a time limit for requests. One timer serves all of them: one for each would cost as much as a statement.

>>> await Patience(30).within(work())  # raises TimeoutError
"""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

Result = TypeVar("Result")


class Patience:
    """Cancels what takes longer than this many seconds."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._running: dict[asyncio.Task[object], float] = {}
        """When each is to end: what began first comes first."""
        self._alarm: asyncio.TimerHandle | None = None

    async def within(self, work: Awaitable[Result]) -> Result:
        """Wait for the work's result, one at a time in each task.

        Raises TimeoutError if it takes too long; RuntimeError if what it waits for was cancelled by others, so that
        CancelledError always means that this task is to end.
        """
        loop = asyncio.get_running_loop()
        task = asyncio.current_task(loop)
        assert task is not None  # noqa: S101 (only tasks await)
        end = self._running[task] = loop.time() + self._seconds
        cancelling = task.cancelling()
        if self._alarm is None:
            self._alarm = loop.call_at(end, self._look, loop)
        try:
            return await work
        except asyncio.CancelledError as error:
            if task not in self._running and task.uncancel() <= cancelling:
                raise TimeoutError from error
            if task.cancelling() <= cancelling:
                raise RuntimeError("what this waited for was cancelled") from error
            raise
        finally:
            self._running.pop(task, None)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        """End what is overdue."""
        self._alarm = None
        for task, end in list(self._running.items()):
            if end > loop.time():
                self._alarm = loop.call_at(end, self._look, loop)
                return
            del self._running[task]
            task.cancel()
