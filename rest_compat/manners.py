"""HTTP manners: which headers an answer has, and in which form it is sent."""

import gzip
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from email.utils import format_datetime
from typing import Any
from uuid import UUID

from starlette.responses import Response

from gateway.budget import Budget
from gateway.http.etags import entity_tag
from gateway.settings import Settings
from gateway_graphql.context import Context
from gateway_graphql.negotiation import preferred
from gateway_graphql.requests import Request
from rest_compat.errors import JSON, Unchanged
from rest_compat.preconditions import GZIP, preconditions

SUCCESSOR = '</graphql>; rel="successor-version"'
VARY = "Accept, Accept-Encoding, Authorization, Prefer"
SENT_HEADERS = [
    "Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match", "Last-Event-ID", "Prefer",
    "X-Consistency-Token", "X-Request-ID",
]  # fmt: skip
"""What pages of other origins may send, here and to GraphQL."""
EXPOSED_HEADERS = [
    "Deprecation", "ETag", "Link", "Location", "Preference-Applied", "RateLimit", "RateLimit-Policy", "Retry-After",
    "Sunset", "WWW-Authenticate", "X-Consistency-Token", "X-Request-ID",
]  # fmt: skip
"""What they may read."""
_LEAST_COMPRESSED = 1000
"""Bytes: fewer are one packet anyway."""
_SAFE = frozenset({"GET", "HEAD"})

Headers = dict[str, str]


def common_headers(settings: Settings) -> dict[str, str]:
    """Make the headers of every answer: whose it is, and what comes after the API that gives it."""
    headers = {"Cache-Control": "private, no-cache", "Vary": VARY, "Link": SUCCESSOR}
    if settings.rest_deprecated_at:
        headers["Deprecation"] = f"@{int(settings.rest_deprecated_at.timestamp())}"
    if settings.rest_sunset_at:
        headers["Sunset"] = format_datetime(settings.rest_sunset_at, usegmt=True)
    return headers


def prefers_successor(request: Request) -> bool:
    """Say whether the client prefers (RFC 7240) the equal GraphQL operation to the data."""
    preferences = request.list_header(b"prefer")
    return preferences is not None and any(
        preference.split(";")[0].strip().lower() == "graphql" for preference in preferences.split(",")
    )


def response(content: bytes, status: int, request: Request, headers: Headers, *, tagged: bool) -> Response:
    """Send content compressed where the client takes that, and not at all where it has it already."""
    compressed = len(content) >= _LEAST_COMPRESSED and _takes_gzip(request.header(b"accept-encoding") or "")
    if tagged:
        # Another form is another entity: a strong tag says that the bytes are the same.
        headers["ETag"] = entity_tag(content, GZIP if compressed else "")
        if request.method in _SAFE and (conditions := preconditions(request)):
            try:
                conditions.check(headers["ETag"])
            except Unchanged:
                return Response(status_code=304, headers=headers)
    if compressed:
        headers["Content-Encoding"] = "gzip"
        content = gzip.compress(content, compresslevel=1, mtime=0)
    return _Json(content, status, headers)


def _takes_gzip(accepted: str) -> bool:
    return "gzip" in accepted and preferred(accepted, ("gzip",)) is not None


class _Json(Response):
    """A response that has just these headers. Starlette would look for each of them which there are."""

    def __init__(self, content: bytes, status: int, headers: Headers) -> None:
        self.status_code = status
        self.body = content
        self.background = None
        headers |= {"Content-Length": str(len(content)), "Content-Type": JSON}
        self.raw_headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]


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
        # What nobody could foresee was answered all the same: it is charged as far as there is anything left.
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
