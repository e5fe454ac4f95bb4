"""Metering: calls are charged to their organization's budget, and answers say what is left of it."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any
from uuid import UUID

from gateway.budget import Budget
from gateway_graphql.context import Context
from rest_compat.responses import Headers


class Meter:
    """Charges an organization's budget with the rows that its calls ask for."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget

    def charged(self, context: Context, query: Any, headers: Headers) -> AbstractContextManager[None]:
        """Take what is asked for, and settle it by what was found. Raises Throttled."""
        most = self._budget.a_minute
        return nullcontext() if most is None else self._charged(context, query, headers, most)

    @contextmanager
    def _charged(self, context: Context, query: Any, headers: Headers, most: int) -> Iterator[None]:
        organization_id = context.viewer.organization_id
        try:
            taken = self._budget.take(organization_id, query.window.size if query else 1)
            try:
                yield
            finally:
                self._settle(organization_id, context.tenant.rows - taken)
        finally:
            headers.update(self._headers(organization_id, most))

    def _settle(self, organization_id: UUID, more: int) -> None:
        # Rows beyond the estimate are answered all the same, and charged as far as the budget reaches.
        left = int(self._budget.left(organization_id))
        if more > 0 and left:
            self._budget.take(organization_id, min(more, left))
        self._budget.refund(organization_id, -more)

    def _headers(self, organization_id: UUID, most: int) -> dict[str, str]:
        left = self._budget.left(organization_id)
        full_in = int((most - left) * 60 / most)
        return {
            "RateLimit-Policy": f'"rows";q={most};w=60',
            "RateLimit": f'"rows";r={int(left)};t={full_in}',
        }
