"""Responses: the headers of every answer, conditional and compressed answers, headers for other origins (CORS)."""

import gzip
from email.utils import format_datetime

from starlette.responses import Response

from gateway.http.etags import entity_tag
from gateway.http.negotiation import preferred
from gateway.http.requests import Request
from gateway.http.responses import RawResponse
from gateway.settings import Settings
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
    """Make the headers of every answer: who may cache it, and what replaces this interface, and when."""
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
    """Make the response: compressed if the client accepts that, 304 if it has the content already."""
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
    headers["Content-Type"] = JSON
    return RawResponse(
        content, status, [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    )


def _takes_gzip(accepted: str) -> bool:
    return "gzip" in accepted and preferred(accepted, ("gzip",)) is not None
