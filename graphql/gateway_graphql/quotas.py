"""Quotas: how many sockets and subscriptions an organization may have open at once, in each process."""

from collections import Counter
from contextlib import ExitStack
from uuid import UUID

from gateway.metrics import count_refusal
from gateway_graphql.errors import ErrorCode, PublicError


class QuotaExceeded(PublicError):
    """The organization has as many open as it may: the same may work later."""

    code = ErrorCode.THROTTLED


class Quota:
    """The quota of one kind, the same for every organization."""

    def __init__(self, kind: str, most: int) -> None:
        """`kind` is for the error, in the plural."""
        self._kind = kind
        self._most = most
        self._open: Counter[UUID] = Counter()

    def take(self, organization_id: UUID) -> ExitStack:
        """Count one more, until what is returned is closed. Raises QuotaExceeded."""
        if self._open[organization_id] >= self._most:
            count_refusal(self._kind)
            raise QuotaExceeded(
                f"The organization has {self._most} {self._kind} already: try again when one has ended."
            )
        self._open[organization_id] += 1
        taken = ExitStack()
        taken.callback(self._give_back, organization_id)
        return taken

    def _give_back(self, organization_id: UUID) -> None:
        self._open[organization_id] -= 1
        if not self._open[organization_id]:
            del self._open[organization_id]
