"""Pace: a limit of messages per second; a sender over it has to wait."""

import asyncio
import time


class Pace:
    """What one client is held to. Nothing is lost: what it has to wait with stays on its own side."""

    def __init__(self, most: int) -> None:
        """`most` may pass in a second."""
        self._most = most
        self._since, self._passed = 0.0, 0

    async def keep(self) -> None:
        """Wait for the next second, where this one has had its number."""
        now = time.monotonic()
        if now - self._since >= 1:
            self._since, self._passed = now, 0
        self._passed += 1
        if self._passed > self._most:
            await asyncio.sleep(self._since + 1 - now)
