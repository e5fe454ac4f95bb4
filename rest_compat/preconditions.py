"""Preconditions (RFC 9110): a call is done only if GET shows what the client thinks it does."""

from typing import NamedTuple

from gateway.http.etags import entity_tag, is_known, matches
from gateway.http.requests import Request
from rest_compat.errors import Changed, Unchanged

GZIP = "-gzip"
"""The form of a compressed answer: other bytes, and so another tag."""


class Preconditions(NamedTuple):
    """The values of a request's If-Match and If-None-Match."""

    if_match: str | None
    if_none_match: str | None

    def check(self, *current: str) -> None:
        """Compare with the tags of what GET shows, in whichever form. Raises Changed, Unchanged."""
        if self.if_match is not None and not matches(self.if_match, *current):
            raise Changed
        if self.if_none_match is not None and is_known(self.if_none_match, *current):
            raise Unchanged


def preconditions(request: Request) -> Preconditions | None:
    """Read what a request makes conditions of; None where it makes none."""
    given = Preconditions(request.list_header(b"if-match"), request.list_header(b"if-none-match"))
    return None if given == (None, None) else given


def tags(content: bytes) -> tuple[str, str]:
    """Make the tags that GET gives the same content, plain and compressed."""
    return entity_tag(content), entity_tag(content, GZIP)
