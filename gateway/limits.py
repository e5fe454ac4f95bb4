"""Limits that hold for every request before anybody reads it."""

from http import HTTPStatus

import orjson
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.protocol import REFUSAL, Refusal


class Limits:
    """Refuses what there is no room for, and bodies over a size: whoever reads one gets a 413 to answer with."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        """`most` is the largest body's bytes."""
        self._app = app
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, counting what it brings."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if refusal := scope.get("state", {}).get(REFUSAL):
            await _refused(refusal, scope)(scope, receive, send)
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


def _refused(refusal: Refusal, scope: Scope) -> Response:
    away = refusal.status == HTTPStatus.SERVICE_UNAVAILABLE
    headers = {"Connection": "close"} | ({"Retry-After": "1"} if away else {})
    code = "SERVICE_UNAVAILABLE" if away else "BAD_USER_INPUT"
    error = {"message": refusal.detail, "extensions": {"code": code}}
    told = {"errors": [error]} if scope["path"] == "/graphql" else {"detail": refusal.detail}
    return Response(orjson.dumps(told), refusal.status, headers, "application/json")
