"""Limits that hold for every request before anybody reads it."""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class BodyLimit:
    """Refuses bodies over a size, announced or not: whoever reads one gets a 413 to answer with."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        """`most` is the largest body's bytes."""
        self._app = app
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, counting what it brings."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = next((value for name, value in scope["headers"] if name == b"content-length"), None)
        if announced is not None and announced.isdigit() and int(announced) <= self._most:
            await self._app(scope, receive, send)  # the server takes no more than that from the socket
            return
        received = 0

        async def counted() -> Message:
            nonlocal received
            if announced is not None:
                raise self._too_large()
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._most:
                raise self._too_large()
            return message

        await self._app(scope, counted, send)

    def _too_large(self) -> HTTPException:
        return HTTPException(413, f"The body may have {self._most} bytes at most.", {"Connection": "close"})
