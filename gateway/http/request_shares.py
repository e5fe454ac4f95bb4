"""Shares of requests: how many of a process's running requests one organization may have, so that others find room."""

from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.types import Scope

from gateway.metrics import count_refusal
from gateway.shares import Shares

_COUNTED = "organization"
"""What a request's scope calls the organization that it is counted for."""


class RequestShares:
    """The running requests of each organization, from the token on until the answer is sent."""

    def __init__(self, requests: int) -> None:
        """`requests` is how many may run at once in all."""
        self._shares = Shares(requests)

    def begin(self, scope: Scope, organization_id: UUID) -> None:
        """Count a request. Raises HTTPException, 503, if its organization's share is used up."""
        if not self._shares.take(organization_id.int):
            count_refusal("requests")
            detail = "Too many requests of this organization are running. Try again later."
            raise HTTPException(503, detail, {"Retry-After": "1"})
        scope[_COUNTED] = organization_id.int

    def end(self, scope: Scope) -> None:
        """Count a request no more, if it was counted: its answer is sent, or it goes on as a stream."""
        if (organization := scope.pop(_COUNTED, None)) is not None:
            self._shares.give(organization)
