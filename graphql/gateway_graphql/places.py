"""Places: how many of a kind an organization may have open at once, in each process."""

from collections import Counter
from contextlib import ExitStack
from uuid import UUID

from gateway.metrics import count_refusal
from gateway_graphql.errors import ErrorCode, PublicError


class NoPlace(PublicError):
    """The organization has as many open as it may: the same may work later."""

    code = ErrorCode.THROTTLED


class Places:
    """The places of one kind."""

    def __init__(self, kind: str, most: int) -> None:
        """`kind` is for the error, in the plural."""
        self._kind = kind
        self._most = most
        self._taken: Counter[UUID] = Counter()

    def take(self, organization_id: UUID) -> ExitStack:
        """Take a place, until what is returned is closed. Raises NoPlace where none is left."""
        if self._taken[organization_id] >= self._most:
            count_refusal(self._kind)
            raise NoPlace(f"The organization has {self._most} {self._kind} already: try again when one has ended.")
        self._taken[organization_id] += 1
        taken = ExitStack()
        taken.callback(self._leave, organization_id)
        return taken

    def _leave(self, organization_id: UUID) -> None:
        self._taken[organization_id] -= 1
        if not self._taken[organization_id]:
            del self._taken[organization_id]
