"""Responses with ready-made headers. Starlette's own would encode them, and look for missing ones, each time."""

from collections.abc import Iterable

from starlette.responses import Response


class RawResponse(Response):
    """A response with these headers and its length, and no others."""

    def __init__(self, content: bytes, status: int, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """The headers' names are in lower case."""
        self.status_code = status
        self.body = content
        self.background = None
        self.raw_headers = [*headers, (b"content-length", b"%d" % len(content))]
