"""Consistency: clients read their own writes, though replicas answer.

The answer to a request that wrote has a token, as a header and as a cookie. A request that sends it back is answered
by a server that has replayed that much. A WebSocket needs no token: all that comes through it sees its own writes.
"""

import re

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.database.replicas import SEEN, Seen

HEADER = b"x-consistency-token"
_TOKEN = re.compile(rb"[0-9A-F]{1,15}")
_COOKIE = re.compile(rb"(?:^|;) *gateway-consistency=([0-9A-F]{1,15}) *(?:;|$)")
_COOKIE_FORM = b"gateway-consistency=%b; Max-Age=10; Path=/; HttpOnly; SameSite=Lax"


class Consistency:
    """Reads a request's token, and adds one to the answer of a request that wrote."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        seen = Seen(_position(scope["headers"]))

        async def send_token(message: Message) -> None:
            if message["type"] == "http.response.start" and seen.has_written:
                token = b"%X" % seen.position
                message["headers"] = [*message["headers"], (HEADER, token), (b"set-cookie", _COOKIE_FORM % token)]
            await send(message)

        before = SEEN.set(seen)
        try:
            await self._app(scope, receive, send_token)
        finally:
            SEEN.reset(before)


def _position(headers: list[tuple[bytes, bytes]]) -> int:
    """The position in a request's token; 0 where it has none, or one that cannot be read."""
    given = dict(headers)
    token = _TOKEN.fullmatch(given.get(HEADER, b"")) or _COOKIE.search(given.get(b"cookie", b""))
    return int(token[token.lastindex or 0], 16) if token else 0
