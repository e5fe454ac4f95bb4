"""Writing: head and body of a short answer are written together, with one system call."""

from typing import Any

from starlette.types import Message
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

_LONG = 65_536
"""Bytes: to copy as many costs more than a system call."""
_SPECIAL = frozenset({b"connection", b"transfer-encoding"})


class Writer:
    """Sends the answer to one request. Streams, long answers and all other special cases are left to uvicorn."""

    def __init__(self, cycle: RequestResponseCycle) -> None:
        self._cycle = cycle
        self._head: Any = None

    async def send(self, message: Any) -> None:
        """Send the next message of the application; a plain answer's head waits for its body."""
        head, self._head = self._head, None
        if head is None:
            if message["type"] == "http.response.start" and self._is_plain(message):
                self._head = message
            else:
                await self._cycle.send(message)
        elif whole := self._whole(head, message):
            self._write(whole)
        else:
            await self._cycle.send(head)
            await self._cycle.send(message)

    def _is_plain(self, head: Message) -> bool:
        cycle = self._cycle
        if cycle.response_started or not cycle.keep_alive or cycle.scope["method"] == "HEAD":
            return False
        names = dict(head["headers"])
        return b"content-length" in names and _SPECIAL.isdisjoint(names)

    def _whole(self, head: Message, message: Message) -> bytes | None:
        """The whole answer; None where uvicorn is to write it, or to say what is wrong with it."""
        cycle, body = self._cycle, message.get("body", b"")
        headers = [*cycle.default_headers, *head["headers"]]
        if message.get("more_body") or (b"content-length", b"%d" % len(body)) not in headers or len(body) > _LONG:
            return None
        if cycle.flow.write_paused or cycle.disconnected or not cycle.keep_alive:
            return None  # it may have been told to stop meanwhile
        lines = b"\r\n".join([name + b": " + value for name, value in headers])
        if lines.count(b"\n") != len(headers) - 1 or lines.count(b"\r") != len(headers) - 1:
            return None
        return b"%b%b\r\n\r\n%b" % (STATUS_LINE[head["status"]], lines, body)

    def _write(self, whole: bytes) -> None:
        cycle = self._cycle
        cycle.transport.write(whole)
        cycle.response_started = cycle.response_complete = True
        cycle.waiting_for_100_continue = False
        cycle.message_event.set()
        cycle.on_response()
