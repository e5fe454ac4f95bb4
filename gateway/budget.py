"""Budget: how much an organization may ask for in a time, for GraphQL and REST together. One for each process."""

import time
from collections.abc import Callable
from uuid import UUID

_SWEPT_AT = 10_000
"""Organizations: beyond as many, those that have their whole budget again are forgotten."""


class Throttled(Exception):
    """The organization has used up its budget for now."""

    def __init__(self, retry_after: int) -> None:
        """`retry_after` is in seconds."""
        super().__init__(f"The organization's budget is used up. Try again in {retry_after} s.")
        self.retry_after = retry_after


class Budget:
    """A token bucket for each organization: it fills up within a minute, and gives what is asked for."""

    def __init__(self, a_minute: int | None, clock: Callable[[], float] = time.monotonic) -> None:
        """`a_minute` is in rows; None is no limit."""
        self.a_minute = a_minute
        self._clock = clock
        self._left: dict[UUID, tuple[float, float]] = {}

    def left(self, organization_id: UUID) -> float:
        """Say how much an organization has left."""
        most = float(self.a_minute or 0)
        left, at = self._left.get(organization_id, (most, self._clock()))
        return min(most, left + (self._clock() - at) * most / 60)

    def take(self, organization_id: UUID, rows: int) -> int:
        """Take from an organization's budget, and say how much: at least 1, at most all of it.

        Raises Throttled where not so much is left.
        """
        if self.a_minute is None:
            return rows
        left, asked = self.left(organization_id), min(max(rows, 1), self.a_minute)
        if left < asked:
            raise Throttled(int((asked - left) * 60 / self.a_minute) + 1)
        if len(self._left) >= _SWEPT_AT:
            self._left = {each: self._left[each] for each in self._left if self.left(each) < self.a_minute}
        self._left[organization_id] = left - asked, self._clock()
        return asked

    def spend(self, organization_id: UUID, rows: int) -> None:
        """Take what was used without asking, as far as so much is left."""
        if self.a_minute is not None:
            self._left[organization_id] = max(self.left(organization_id) - rows, 0), self._clock()

    def refund(self, organization_id: UUID, rows: int) -> None:
        """Give back what was taken and not used."""
        if self.a_minute is not None and rows > 0:
            left = min(self.left(organization_id) + rows, self.a_minute)
            self._left[organization_id] = left, self._clock()
