"""Requests: headers and body as they came. Starlette's class does much more that is not needed here."""

from typing import Any

from starlette.datastructures import QueryParams
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope


class Request:
    """An HTTP request."""

    __slots__ = ("_headers", "_receive", "method", "scope")

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.method: str = scope["method"]
        self.scope = scope
        self._receive = receive
        # Of a header that came twice the first counts.
        self._headers: dict[bytes, bytes] = dict(reversed(scope["headers"]))

    def header(self, name: bytes) -> str | None:
        """Return a header's value; its name is in lower case."""
        value = self._headers.get(name)
        return None if value is None else value.decode("latin-1")

    def list_header(self, name: bytes) -> str | None:
        """Return the values of a header that may come several times, as one list."""
        if name not in self._headers:
            return None
        return b", ".join(value for each, value in self.scope["headers"] if each == name).decode("latin-1")

    @property
    def headers(self) -> dict[str, str]:
        """All headers."""
        return {name.decode("latin-1"): value.decode("latin-1") for name, value in self._headers.items()}

    @property
    def query(self) -> str:
        """The query string."""
        query: bytes = self.scope["query_string"]
        return query.decode("latin-1")

    @property
    def query_params(self) -> QueryParams:
        """The query string's parameters."""
        return QueryParams(self.scope["query_string"])

    @property
    def path_params(self) -> dict[str, Any]:
        """The parameters in the path."""
        found: dict[str, Any] = self.scope["path_params"]
        return found

    async def body(self) -> bytes:
        """Read the body. Raises ClientDisconnect where the client goes away, and what the size's limit raises."""
        body: bytes = b""
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            body += message.get("body", b"")
            if not message.get("more_body", False):
                return body
