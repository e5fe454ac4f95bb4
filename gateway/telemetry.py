"""Logs: one line a request, each with the request's id. Neither tokens nor contents of messages are in them."""

import asyncio
import logging
import os
import re
import sys
import time
from collections.abc import Iterable
from contextvars import ContextVar

import structlog
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.settings import Settings

CLIENT_GONE = 499
"""The status, in logs and metrics, of what nobody waited for."""
_SANE_ID = re.compile(rb"[A-Za-z0-9._:/+=@-]{1,128}")
_request_id: ContextVar[bytes | None] = ContextVar("request_id", default=None)

log = structlog.get_logger(__name__)


def configure_logging(settings: Settings) -> None:
    """Write logs to standard error, as lines for people or as JSON."""
    rendering: list[structlog.typing.Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if settings.log_format == "json"
        # Plain tracebacks: the pretty ones show the values of variables, which are secrets and messages.
        else [
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)
        ]
    )
    structlog.configure(
        processors=[
            _with_request_id,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *rendering,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(settings.log_level)),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def _with_request_id(
    _logger: structlog.typing.WrappedLogger, _method: str, entry: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    request_id = _request_id.get()
    return entry if request_id is None else {"request_id": request_id.decode(), **entry}


_MASKED = JSONResponse({"detail": "Internal Server Error"}, 500)


class RequestLog:
    """Gives every request an id (the caller's own, if it is sane), and logs it when it is answered."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._logs = log.is_enabled_for(logging.INFO)  # asked once: it takes a new logger each time

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _given(scope["headers"]) or os.urandom(16).hex().encode()
        before = _request_id.set(request_id)
        started, status = time.perf_counter(), 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id)]
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
            if self._logs:
                self._log(scope, status, time.perf_counter() - started)
            _request_id.reset(before)

    def _log(self, scope: Scope, status: int, seconds: float) -> None:
        milliseconds = round(seconds * 1000, 1)
        log.info("request", method=scope["method"], path=scope["path"], status=status, milliseconds=milliseconds)


def _given(headers: Iterable[tuple[bytes, bytes]]) -> bytes | None:
    for name, value in headers:
        if name == b"x-request-id":
            return value if _SANE_ID.fullmatch(value) else None
    return None
