"""Limits that hold for every request before it is read: the protocol's refusals, and the size of bodies."""

from collections.abc import Awaitable, Callable

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.http.protocol import REFUSAL

Respond = Callable[[HTTPException, Scope], Response]
"""Makes the answer to a refused request, in the form of the interface that is asked."""

_AWAY = 503
_CLOSE = {"Connection": "close"}
_LATER = {"Retry-After": "1"}
_BROKEN_OFF: Message = {"type": "http.disconnect"}


class RequestLimits:
    """Refuses what there is no room for, and bodies over a size, on every path, with a token or without."""

    def __init__(self, app: ASGIApp, most: int, respond: Respond) -> None:
        """`most` is the largest body's bytes."""
        self._app = app
        self._most = most
        self._respond = respond

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Pass the request on, if it may."""
        app = self._app
        if scope["type"] == "http":
            headers = dict(scope["headers"])
            if error := self._refusal(scope, headers.get(b"content-length", b"")):
                app = self._respond(error, scope)
            elif b"transfer-encoding" in headers:
                app = self._counted  # of others the server reads no more than Content-Length says
        return app(scope, receive, send)

    def _refusal(self, scope: Scope, announced: bytes) -> HTTPException | None:
        if refusal := scope.get("state", {}).get(REFUSAL):
            headers = (_CLOSE if refusal.closes else {}) | (_LATER if refusal.status == _AWAY else {})
            return HTTPException(refusal.status, refusal.detail, headers)
        return self._too_large() if announced.isdigit() and int(announced) > self._most else None

    async def _counted(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on whose body comes in pieces. Its answer waits for the last piece, read or not."""
        body = _Body(receive, self._most)

        async def send_if_it_fits(message: Message) -> None:
            await body.skip_rest()
            if body.fits:
                await send(message)

        try:
            await self._app(scope, body.receive, send_if_it_fits)
        except ClientDisconnect:
            if body.fits:
                raise
        if not body.fits:
            await self._respond(self._too_large(), scope)(scope, receive, send)

    def _too_large(self) -> HTTPException:
        return HTTPException(413, f"The body may have {self._most} bytes at most.", _CLOSE)


class _Body:
    """A body of unknown size. Where it grows too large, its reader sees a disconnect."""

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive = receive
        self._left = most
        self._more = True

    @property
    def fits(self) -> bool:
        """Whether it is not too large, as far as it has come."""
        return self._left >= 0

    async def receive(self) -> Message:
        """Read on."""
        message = await self._receive() if self.fits else _BROKEN_OFF
        self._left -= len(message.get("body", b""))
        self._more = message.get("more_body", False)
        return message if self.fits else _BROKEN_OFF

    async def skip_rest(self) -> None:
        """Read to its end, or until it is too large."""
        while self._more:
            await self.receive()
