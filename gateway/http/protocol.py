"""Protocol: uvicorn's HTTP connection, with limits of connections, requests, heads and slow clients."""

import asyncio
import socket
from collections.abc import Callable
from typing import Any, NamedTuple

from starlette.types import Receive, Scope, Send
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from gateway.http.draining import Drain
from gateway.http.writing import Writer
from gateway.metrics import count_refusal

STATE = "connections"
REFUSAL = "refusal"
"""What a request's state calls the ConnectionLimits, and the Refusal if there is one."""

_LEAST_TAKEN = 65_536
"""Bytes of a large answer that a client is to take within its time."""
_TIMED_OUT = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class ConnectionLimits(NamedTuple):
    """The most of everything in one process, and the seconds a client has to send a request or to take an answer."""

    drain: Drain
    connections: int
    requests: int
    head_bytes: int
    client_timeout: float


class Refusal(NamedTuple):
    """Why a request is answered at once, without being looked at."""

    status: int
    detail: str
    closes: bool
    """Whether the connection ends with it. A client that is still sending may then miss the answer."""
    reason: str
    """The metric's label."""


_BUSY = Refusal(503, "Too many requests are running. Try again later.", closes=False, reason="requests")
_CROWDED = Refusal(503, "Too many connections are open. Try again later.", closes=True, reason="connections")
_LONG_HEAD = Refusal(431, "The request's headers are too long.", closes=True, reason="head")


class Protocol(HttpToolsProtocol):
    """A connection. When its client goes away, its request is cancelled, and the request's statement with it."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._limits: ConnectionLimits = app_state[STATE]
        self._running: asyncio.Task[None] | None = None
        self._sending: asyncio.TimerHandle | None = None
        self._taking: asyncio.TimerHandle | None = None
        self._message_bytes = 0
        self._in_head = True
        self._in_message = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Begin to wait for the first request."""
        super().connection_made(transport)
        if len(self.connections) > 2 * self._limits.connections:
            count_refusal(_CROWDED.reason)
            transport.abort()  # too many even to be told
            return
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux: holds too for a client that is there and takes nothing
            milliseconds = int(self._limits.client_timeout * 1000)
            transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)
        self._expect_message()

    def connection_lost(self, exc: Exception | None) -> None:
        """End, and cancel what runs for the client."""
        super().connection_lost(exc)
        for timer in (self._sending, self._taking):
            if timer:
                timer.cancel()
        if self._running and self.cycle and self.cycle.disconnected:
            self._running.cancel()

    def _expect_message(self) -> None:
        self._sending = self.loop.call_later(self._limits.client_timeout, self._sends_too_slowly)

    def _sends_too_slowly(self) -> None:
        count_refusal("slow_request")
        if self._in_head or not self.cycle.response_started:
            self.transport.write(_TIMED_OUT)
        self.transport.close()

    def data_received(self, data: bytes) -> None:
        """Read on."""
        self._message_bytes += len(data)
        super().data_received(data)
        if self._sending is None and (self._in_message or self._is_idle()):
            self._expect_message()  # most requests come whole, and need no timer
        if self._in_head and self._message_bytes > self._limits.head_bytes and not self.transport.is_closing():
            count_refusal(_LONG_HEAD.reason)
            self.transport.write(b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\n\r\n")
            self.transport.close()

    def _is_idle(self) -> bool:
        """Say whether what came is no request yet, such as empty lines: they stop uvicorn's own keep-alive timer."""
        return self in self.connections and self.cycle is not None and self.cycle.response_complete

    def on_message_begin(self) -> None:
        """Begin a request; the first one is expected already."""
        super().on_message_begin()
        self._in_head = self._in_message = True

    def on_headers_complete(self) -> None:
        """Begin to answer."""
        self._in_head = False
        if refusal := self._refusal():
            count_refusal(refusal.reason)
            self.scope["state"][REFUSAL] = refusal
        super().on_headers_complete()
        if self._limits.drain.begun and self.cycle:
            self.cycle.keep_alive = False

    def _refusal(self) -> Refusal | None:
        limits = self._limits
        if self._message_bytes > limits.head_bytes and self._head_bytes() > limits.head_bytes:
            return _LONG_HEAD
        if len(self.connections) > limits.connections:
            return _CROWDED
        return _BUSY if len(self.tasks) - limits.drain.streams >= limits.requests else None

    def _head_bytes(self) -> int:
        return len(self.url) + sum(len(name) + len(value) for name, value in self.headers)

    def on_message_complete(self) -> None:
        """Stop the timer: the request has been sent."""
        super().on_message_complete()
        self._in_message = False
        self._message_bytes = 0
        if self._sending:
            self._sending.cancel()
            self._sending = None

    def handle_websocket_upgrade(self) -> None:
        """Hand the connection over."""
        super().handle_websocket_upgrade()
        self._in_message = False
        if self._sending:
            self._sending.cancel()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Callable[..., Any]) -> None:
        self._running = self.loop.create_task(cycle.run_asgi(_cancellable(app, cycle)))
        self._running.add_done_callback(self.tasks.discard)
        self.tasks.add(self._running)

    def pause_writing(self) -> None:
        """Wait for the client to take what was sent."""
        super().pause_writing()
        self._watch_taking()

    def _watch_taking(self) -> None:
        untaken = self.transport.get_write_buffer_size()
        self._taking = self.loop.call_later(self._limits.client_timeout, self._takes_too_slowly, untaken)

    def _takes_too_slowly(self, untaken: int) -> None:
        if self.transport.get_write_buffer_size() > untaken - _LEAST_TAKEN:
            count_refusal("slow_answer")
            self.transport.abort()
        else:
            self._watch_taking()

    def resume_writing(self) -> None:
        """Go on: the client has taken enough."""
        super().resume_writing()
        if self._taking:
            self._taking.cancel()


def _cancellable(app: Callable[..., Any], cycle: RequestResponseCycle) -> Any:
    async def run(scope: Scope, receive: Receive, _: Send) -> None:
        try:
            await app(scope, receive, Writer(cycle).send)
        except asyncio.CancelledError:
            if not cycle.disconnected:
                raise

    return run
