"""GraphQL over WebSocket, in the protocol `graphql-transport-ws`.

Its close codes: 4400 invalid message, 4401 operation before `connection_ack`, 4403 missing, invalid or expired token,
4406 unsupported subprotocol, 4408 no `connection_init` in time, 4409 operation id in use, 4429 second `connection_init`
or too many operations. Besides: 1009 message larger than a body may be, 1013 too slow or too many sockets: try again.
"""

import asyncio
import json
import time
from collections.abc import Callable, Coroutine
from contextlib import ExitStack, aclosing
from typing import Any

import orjson
import structlog
from orjson import Fragment
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from gateway.auth import Unauthenticated, Viewer
from gateway.metrics import count_refusal
from gateway.telemetry import log_members
from gateway_graphql.answers import to_json
from gateway_graphql.live.subscribers import TooSlow
from gateway_graphql.quotas import QuotaExceeded
from gateway_graphql.service import Service
from gateway_graphql.transports.pace import Pace
from gateway_graphql.transports.parameters import BadRequest, operation_of, read_soon

log = structlog.get_logger(__name__)

PROTOCOL = "graphql-transport-ws"
INIT_TIMEOUT = 10.0
MESSAGES_A_SECOND = 500
"""Messages of a socket that are read in a second."""
SEND_TIMEOUT = 10.0
"""Seconds that a client may leave a message untaken."""
TRY_AGAIN = 1013


class Closing(Exception):
    """The socket is to be closed, with a code and a reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class WebSocketEndpoint:
    """`/graphql` for WebSockets, as an ASGI application."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a socket until it closes."""
        socket = WebSocket(scope, receive, send)
        if PROTOCOL not in socket.scope["subprotocols"]:
            await socket.accept()
            await socket.close(4406, "Subprotocol not acceptable")
            return
        await socket.accept(PROTOCOL)
        session = _Session(self._service, socket)
        with self._service.drain.streaming(session.go_away):
            await session.run()


class _Session:
    """One socket: whose it is, and what runs on it."""

    def __init__(self, service: Service, socket: WebSocket) -> None:
        self._service = service
        self._socket = socket
        self._viewer: Viewer | None = None
        self._socket_quota = ExitStack()
        self._operations: dict[str, asyncio.Task[None]] = {}
        self._failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sending = asyncio.Lock()
        self._pace = Pace(MESSAGES_A_SECOND)

    async def run(self) -> None:
        """Serve until either side closes."""
        reading = asyncio.create_task(self._read())
        try:
            await asyncio.wait({reading, self._failed}, return_when=asyncio.FIRST_COMPLETED)
            # Looked at, not raised here: its traceback would hold the task that holds it, and all that the socket had.
            end = (self._failed if self._failed.done() else reading).exception()
            if isinstance(end, Closing):
                await self._close(end.code, str(end))
            elif end is not None and not isinstance(end, WebSocketDisconnect | OSError):
                raise end
        finally:
            running = [reading, *self._operations.values()]
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
            self._failed.cancel()
            self._socket_quota.close()

    def go_away(self) -> None:
        """Close the socket, because the process stops."""
        self._fail(1001, "Going away")

    async def _read(self) -> None:
        try:
            async with asyncio.timeout(INIT_TIMEOUT):
                while self._viewer is None:
                    await self._receive()
        except TimeoutError:
            raise Closing(4408, "Connection initialisation timeout") from None
        end = self._viewer.stays_until(time.time())
        while True:
            try:
                async with asyncio.timeout(end - time.time()):
                    await self._receive()
            except TimeoutError:
                raise Closing(4403, "Token has expired") from None

    async def _receive(self) -> None:
        await self._pace.keep()
        frame = await self._socket.receive()
        if frame["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(frame.get("code", 1000))
        text = frame.get("text") or ""
        if len(text) > self._service.longest_message:
            raise Closing(1009, "Message too big")
        try:
            message = await read_soon(text.encode())
            take = self._takers[message["type"]]
        except (orjson.JSONDecodeError, TypeError, KeyError):
            raise Closing(4400, "Not a message of the protocol") from None
        await take(self, message)

    async def _init(self, message: dict[str, Any]) -> None:
        if self._viewer is not None:
            raise Closing(4429, "Too many initialisation requests")
        payload = message.get("payload") or {}
        if not isinstance(payload, dict):
            raise Closing(4400, "`payload` must be an object")
        given = payload.get("Authorization", payload.get("authorization"))
        authorization = given if isinstance(given, str) else self._socket.headers.get("authorization")
        try:
            viewer = await self._service.viewer(authorization)
            self._socket_quota = self._service.sockets.take(viewer.organization_id)
        except Unauthenticated as error:
            raise Closing(4403, str(error)) from None
        except QuotaExceeded as error:
            raise Closing(TRY_AGAIN, str(error)) from None
        self._viewer = viewer
        await self._send({"type": "connection_ack"})

    async def _ping(self, message: dict[str, Any]) -> None:
        payload = message.get("payload")
        echoed = {} if payload is None else {"payload": Fragment(json.dumps(payload))}
        await self._send({"type": "pong", **echoed})

    async def _pong(self, _: dict[str, Any]) -> None:
        """Nothing: the client is alive."""

    async def _subscribe(self, message: dict[str, Any]) -> None:
        id, payload = message.get("id"), message.get("payload")
        if self._viewer is None:
            raise Closing(4401, "Unauthorized")
        if not isinstance(id, str) or not id or not isinstance(payload, dict):
            raise Closing(4400, "`subscribe` needs an `id` and a `payload`")
        if id in self._operations:
            raise Closing(4409, f"Subscriber for {id} already exists")
        most = self._service.most_socket_operations
        if len(self._operations) >= most:
            raise Closing(4429, f"At most {most} operations may run on a socket")
        task = self._operations[id] = asyncio.create_task(self._answer(id, payload, self._viewer))
        task.add_done_callback(lambda _: self._forget(id, task))

    def _forget(self, id: str, task: asyncio.Task[None]) -> None:
        # The client may have completed this one, and have begun another under its id.
        if self._operations.get(id) is task:
            del self._operations[id]

    async def _complete(self, message: dict[str, Any]) -> None:
        id = message.get("id")
        if not isinstance(id, str):
            raise Closing(4400, "`complete` needs an `id`")
        if task := self._operations.pop(id, None):
            task.cancel()

    _takers: dict[str, Callable[["_Session", dict[str, Any]], Coroutine[Any, Any, None]]] = {  # noqa: RUF012 (a constant)
        "connection_init": _init,
        "ping": _ping,
        "pong": _pong,
        "subscribe": _subscribe,
        "complete": _complete,
    }

    async def _answer(self, id: str, payload: dict[str, Any], viewer: Viewer) -> None:
        try:
            operation = operation_of(payload)
        except BadRequest as error:
            await self._guarded(self._send({"type": "error", "id": id, "payload": [error.as_graphql]}))
            return
        context, started = self._service.context(viewer), time.perf_counter()
        try:
            await self._guarded(self._stream(id, self._service.execute.stream(operation, context)))
        finally:
            seconds = time.perf_counter() - started
            self._service.slow([context], seconds)
            log.info("operation", **log_members([context], seconds))

    async def _guarded(self, sending: Coroutine[Any, Any, None]) -> None:
        try:
            await sending
        except TooSlow:
            self._fail_slow("events were missed")
        except TimeoutError:
            self._fail_slow("a message was not taken")
        except (WebSocketDisconnect, OSError):
            self._fail(1001, "Going away")
        except Exception:
            log.exception("an operation failed")
            self._fail(1011, "Internal error")

    async def _stream(self, id: str, answers: Any) -> None:
        async with aclosing(answers):
            async for answer in answers:
                if not answer.executed:
                    await self._send({"type": "error", "id": id, "payload": answer.errors})
                    return
                await self._send({"type": "next", "id": id, "payload": Fragment(answer.json)})
        await self._send({"type": "complete", "id": id})

    async def _send(self, message: dict[str, Any]) -> None:
        async with self._sending, asyncio.timeout(SEND_TIMEOUT):
            await self._socket.send_text(to_json(message).decode())

    def _fail_slow(self, reason: str) -> None:
        count_refusal("slow_stream")
        self._fail(TRY_AGAIN, f"Too slow: {reason}")

    def _fail(self, code: int, reason: str) -> None:
        if not self._failed.done():
            self._failed.set_exception(Closing(code, reason))

    async def _close(self, code: int, reason: str) -> None:
        if self._socket.application_state is WebSocketState.CONNECTED:
            try:
                async with asyncio.timeout(1):
                    await self._socket.close(code, reason[:120])
            except (TimeoutError, OSError, RuntimeError):
                pass  # it is gone, or does not listen
