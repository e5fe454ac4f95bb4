"""Requests as GraphQL reads them: headers as they came, and the body. Starlette's make much that nobody asks for."""

from starlette.datastructures import QueryParams
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope


class Request:
    """An HTTP request."""

    __slots__ = ("_headers", "_receive", "_scope", "method")

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.method: str = scope["method"]
        self._scope = scope
        self._receive = receive
        # Of a header that came twice the first counts.
        self._headers: dict[bytes, bytes] = dict(reversed(scope["headers"]))

    def header(self, name: bytes) -> str | None:
        """Return a header's value; its name is in lower case."""
        value = self._headers.get(name)
        return None if value is None else value.decode("latin-1")

    @property
    def query_params(self) -> QueryParams:
        """The parameters behind the path."""
        return QueryParams(self._scope["query_string"])

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
