"""Logs: one line a request, with its id and its operations. They hold neither tokens nor contents of messages."""

import asyncio
import logging
import re
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextvars import ContextVar
from random import getrandbits
from typing import Protocol

import orjson
import structlog
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.database.tenant import Tenant
from gateway.settings import Settings

CLIENT_GONE = 499
"""The status, in logs and metrics, of a request whose client went away."""
_PLAIN = re.compile(r"[!#-&(-~]+")
_SANE_ID = re.compile(rb"[A-Za-z0-9._:/+=@-]{1,128}")


class LoggedOperation(Protocol):
    """What the log tells of one operation of a request."""

    tenant: Tenant
    operation: str | None
    type: str | None
    cost: int


_NOSNIFF = (b"x-content-type-options", b"nosniff")
_request_id: ContextVar[bytes | None] = ContextVar("request_id", default=None)
_operations: ContextVar[list[LoggedOperation] | None] = ContextVar("operations", default=None)

log = structlog.get_logger(__name__)


def configure_logging(settings: Settings, *more: structlog.typing.Processor) -> None:
    """Write logs to standard error, as lines for people or as JSON. `more` adds to each entry."""
    structlog.configure(
        processors=[
            _with_request_id,
            *more,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            # Plain tracebacks: the pretty ones show the values of variables, which are secrets and messages.
            structlog.processors.format_exc_info,
            _as_json if settings.log_format == "json" else _as_line,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(settings.log_level)),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def _as_json(_logger: structlog.typing.WrappedLogger, _method: str, entry: structlog.typing.EventDict) -> str:
    return orjson.dumps(entry, default=repr).decode()


def _as_line(_logger: structlog.typing.WrappedLogger, _method: str, entry: structlog.typing.EventDict) -> str:
    trace = entry.pop("exception", None)
    beginning = f"{entry.pop('timestamp')} {entry.pop('level'):7} {entry.pop('event')}"
    members = " ".join(f"{name}={_shown(value)}" for name, value in entry.items())
    return f"{beginning}  {members}" if trace is None else f"{beginning}  {members}\n{trace}"


def _shown(value: object) -> str:
    """Escape what a client sent: it can neither end the line nor control the terminal."""
    return value if isinstance(value, str) and _PLAIN.fullmatch(value) else ascii(value)


def _with_request_id(
    _logger: structlog.typing.WrappedLogger, _method: str, entry: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    request_id = _request_id.get()
    return entry if request_id is None else {"request_id": request_id.decode(), **entry}


def log_with_request(operation: LoggedOperation) -> None:
    """Have the current request's log entry tell of an operation. Without a request, do nothing."""
    operations = _operations.get()
    if operations is not None:
        operations.append(operation)


def log_members(operations: Sequence[LoggedOperation], seconds: float) -> dict[str, object]:
    """Make the members of a log entry that tell what operations were and what they cost."""
    members: dict[str, object] = {}
    if len(operations) == 1:
        (one,) = operations
        if one.type:
            members = {"operation": one.operation, "type": one.type, "cost": one.cost}
        members["statements"] = one.tenant.statements
    elif operations:  # a batch
        members = {"operations": len(operations), "cost": sum(each.cost for each in operations)}
        members["statements"] = sum(each.tenant.statements for each in operations)
    members["milliseconds"] = round(seconds * 1000, 1)
    return members


class SlowLog:
    """Logs what took long, with its statements' SQL, which holds no values."""

    def __init__(self, milliseconds: int) -> None:
        """`milliseconds` from which on something is slow; 0: nothing is."""
        self._seconds = milliseconds / 1000 or float("inf")

    def __call__(self, operations: Sequence[LoggedOperation], seconds: float) -> None:
        """Log operations that were run together, if they were slow. Subscriptions last, and are not."""
        if seconds >= self._seconds and all(each.type != "subscription" for each in operations):
            ran = [
                {"sql": " ".join(each.sql.split()), "milliseconds": round(each.seconds * 1000, 1), "rows": each.rows}
                for one in operations
                for each in one.tenant.ran
            ]
            log.warning("slow", **log_members(operations, seconds), sql=ran)


_MASKED = JSONResponse({"detail": "Internal Server Error"}, 500)


Observe = Callable[[Scope, int, float], None]
"""Called when an HTTP request has been answered, with its scope, the status, and the seconds it took."""


class RequestLog:
    """Gives every request an id (the caller's own, if it is sane), and logs it when it is answered.

    Every answer has `X-Content-Type-Options: nosniff`.
    """

    def __init__(self, app: ASGIApp, settings: Settings, observe: Observe) -> None:
        """`observe` is called for each request that is logged."""
        self._app = app
        self._observe = observe
        self._logs = log.is_enabled_for(logging.INFO)  # operations once: it takes a new logger each time
        self._slow = SlowLog(settings.slow_milliseconds)
        self._tells_timing = settings.server_timing

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Pass the request on."""
        if scope["type"] == "lifespan":
            return self._app(scope, receive, send)
        request_id = _given(scope["headers"]) or b"%032x" % getrandbits(128)
        return (self._answer if scope["type"] == "http" else self._talk)(scope, receive, send, request_id)

    async def _talk(self, scope: Scope, receive: Receive, send: Send, request_id: bytes) -> None:
        async def send_with_id(message: Message) -> None:
            if message["type"] == "websocket.accept":
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", request_id)]
            await send(message)

        before = _request_id.set(request_id)
        try:
            await self._app(scope, receive, send_with_id)
        finally:
            _request_id.reset(before)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, request_id: bytes) -> None:
        operations: list[LoggedOperation] = []
        before = _request_id.set(request_id), _operations.set(operations)
        started, status = time.perf_counter(), 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id), _NOSNIFF]
                if self._tells_timing:
                    message["headers"].append((b"server-timing", _timing(operations, time.perf_counter() - started)))
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        except asyncio.CancelledError:
            status = status or CLIENT_GONE
            raise
        except Exception as error:
            log.exception("unforeseen error", exc_info=error)
            if status:
                raise  # half an answer is on its way: the server cuts it off
            await _MASKED(scope, receive, send_with_id)
        finally:
            seconds = time.perf_counter() - started
            self._observe(scope, status, seconds)
            self._slow(operations, seconds)
            if self._logs:
                self._log(scope, status, operations, seconds)
            _request_id.reset(before[0])
            _operations.reset(before[1])

    def _log(self, scope: Scope, status: int, operations: Sequence[LoggedOperation], seconds: float) -> None:
        log.info(
            "request", method=scope["method"], path=scope["path"], status=status, **log_members(operations, seconds)
        )


def _timing(operations: Sequence[LoggedOperation], seconds: float) -> bytes:
    statements, database = (
        sum(each.tenant.statements for each in operations),
        sum(each.tenant.seconds for each in operations),
    )
    return b'total;dur=%.1f, db;dur=%.1f;desc="%d statements"' % (seconds * 1000, database * 1000, statements)


def _given(headers: Iterable[tuple[bytes, bytes]]) -> bytes | None:
    for name, value in headers:
        if name == b"x-request-id":
            return value if _SANE_ID.fullmatch(value) else None
    return None
