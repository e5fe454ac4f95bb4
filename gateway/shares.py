"""Shares: how many of a process's connections, or requests, one organization may hold, so that others find some.

    if not shares.take(organization):
        await shares.wait(organization, seconds)
    try:
        ...
    finally:
        shares.give(organization)

It may hold four times as many as it leaves free, and one in any case: four fifths of all while it is alone, fewer
while others hold some. Beyond that it waits: each organization in its own order, and all of them in turn.
"""

import asyncio
from collections import OrderedDict

_TIMES = 4
_Turns = OrderedDict[asyncio.Future[None], None]


class Shares:
    """Who holds how many. What is held for no organization, None, is counted, and has no limit."""

    def __init__(self, most: int) -> None:
        """`most` is how many there are."""
        self._free = most
        """Below zero where more are held than there are, because everybody may hold one."""
        self._held: dict[int | None, int] = {}
        self._waiting: dict[int | None, _Turns] = {}
        """The turns that each organization waits for; whose next one is due comes first."""

    @property
    def waiting(self) -> int:
        """How many wait."""
        return sum(map(len, self._waiting.values()))

    def take(self, organization: int | None) -> bool:
        """Take one, if that is within the organization's share."""
        held = self._held.get(organization, 0)
        if held and held >= _TIMES * (self._free - 1) and organization is not None:
            return False
        self._held[organization] = held + 1
        self._free -= 1
        return True

    async def wait(self, organization: int | None, seconds: float) -> float:
        """Take one as soon as that is within the share; return the seconds that are left. Raises TimeoutError."""
        loop = asyncio.get_running_loop()
        end, turn = loop.time() + seconds, loop.create_future()
        turns = self._waiting.setdefault(organization, _Turns())
        turns[turn] = None
        async with asyncio.timeout_at(end):
            try:
                await turn
            except BaseException:
                self._leave(organization, turns, turn)
                raise
        return end - loop.time()

    def give(self, organization: int | None) -> None:
        """Give one back, which others may wait for."""
        if held := self._held.pop(organization) - 1:
            self._held[organization] = held
        self._free += 1
        if self._waiting:
            self._go_on()

    def _go_on(self) -> None:
        # One more is free: nobody has room for two.
        for organization, turns in list(self._waiting.items()):
            if self.take(organization):
                turn, _ = turns.popitem(last=False)
                if not turn.done():  # else cancelled, and not told of it yet: that one gives it back
                    turn.set_result(None)
                del self._waiting[organization]
                if turns:
                    self._waiting[organization] = turns  # behind the others

    def _leave(self, organization: int | None, turns: _Turns, turn: asyncio.Future[None]) -> None:
        if turn not in turns:
            self.give(organization)  # its turn had come
            return
        del turns[turn]
        if not turns:
            del self._waiting[organization]
