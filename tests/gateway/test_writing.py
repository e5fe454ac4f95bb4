"""Answers on their way to the socket: what is written is what uvicorn writes, and in one piece where it comes whole."""

import asyncio
import logging
from contextlib import suppress
from typing import Any, cast

import pytest
from starlette.types import Message, Send
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from gateway.http.writing import Writer

LENGTH = (b"content-length", b"5")


class Transport(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[bytes] = []
        self.closed = False

    def write(self, data: Any) -> None:
        if data:
            self.pieces.append(data)

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed


def request(
    transport: Transport, told: list[str], method: str = "GET", *, keep_alive: bool = True
) -> RequestResponseCycle:
    return RequestResponseCycle(
        scope=cast("Any", {"type": "http", "method": method}),
        transport=transport,
        flow=FlowControl(transport),
        logger=logging.getLogger(__name__),
        access_logger=logging.getLogger(__name__),
        access_log=False,
        default_headers=[(b"date", b"Sat, 21 Nov 2026 18:00:00 GMT")],
        message_event=asyncio.Event(),
        expect_100_continue=True,
        keep_alive=keep_alive,
        on_response=lambda: told.append("done"),
    )


async def written(
    messages: list[Message], method: str, *, keep_alive: bool, own: bool
) -> tuple[list[bytes], bool, list[str]]:
    """What is written for an application's messages, whether it ends the connection, what is told."""
    transport, told = Transport(), list[str]()
    cycle = request(transport, told, method, keep_alive=keep_alive)
    send = cast("Send", Writer(cycle).send if own else cycle.send)
    with suppress(RuntimeError):  # where the application would end, and uvicorn with it
        for message in messages:
            await send(dict(message))
        told.append("nothing is raised")
        if cycle.response_complete:
            assert await cycle.receive() == {"type": "http.disconnect"}  # and nobody is told to go on
    told += [name for name in ("response_started", "response_complete") if getattr(cycle, name)]
    return transport.pieces, transport.closed, told


def answer(*bodies: bytes, status: int = 200, headers: list[tuple[bytes, bytes]]) -> list[Message]:
    more = [{"type": "http.response.body", "body": body, "more_body": True} for body in bodies[:-1]]
    end = [{"type": "http.response.body", "body": body} for body in bodies[-1:]]
    return [{"type": "http.response.start", "status": status, "headers": headers}, *more, *end]


ANSWERS = {
    "plain": answer(b"hello", headers=[LENGTH, (b"vary", b"Accept")]),
    "an error": answer(b"hello", status=503, headers=[LENGTH, (b"retry-after", b"1")]),
    "in parts": answer(b"he", b"llo", headers=[LENGTH]),
    "a stream": answer(b"hello", b"hello", b"", headers=[(b"content-type", b"text/event-stream")]),
    "nothing": answer(b"", status=204, headers=[]),
    "empty": answer(b"", headers=[(b"content-length", b"0")]),
    "that ends the connection": answer(b"hello", headers=[LENGTH, (b"connection", b"close")]),
    "too long": answer(b"hello you", headers=[LENGTH]),
    "too short": answer(b"hell", headers=[LENGTH]),
    "with a line's end": answer(b"hello", headers=[LENGTH, (b"x-name", b"a\r\nset-cookie: b")]),
    "with another length": answer(b"hello", headers=[LENGTH, (b"transfer-encoding", b"chunked")]),
    "long": answer(b"x" * 70_000, headers=[(b"content-length", b"70000")]),
    "twice": answer(b"hello", headers=[LENGTH]) * 2,
}


@pytest.mark.parametrize("name", ANSWERS)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("keep_alive", [True, False])
async def test_what_is_written_is_what_uvicorn_writes(name: str, method: str, keep_alive: bool) -> None:
    pieces, *ours = await written(ANSWERS[name], method, keep_alive=keep_alive, own=True)
    expected, *theirs = await written(ANSWERS[name], method, keep_alive=keep_alive, own=False)
    assert (b"".join(pieces), ours) == (b"".join(expected), theirs)


@pytest.mark.parametrize("name", ["plain", "an error", "empty"])
async def test_what_comes_whole_is_one_piece(name: str) -> None:
    pieces, *_ = await written(ANSWERS[name], "GET", keep_alive=True, own=True)
    assert len(pieces) == 1


async def test_a_stream_begins_before_it_has_anything() -> None:
    pieces, *_ = await written(ANSWERS["a stream"][:1], "GET", keep_alive=True, own=True)
    assert pieces


async def test_a_process_that_is_told_to_stop_between_head_and_body() -> None:
    transport = Transport()
    cycle = request(transport, [])
    send = Writer(cycle).send
    head, body = ANSWERS["plain"]
    await send(head)
    cycle.keep_alive = False
    await send(body)
    assert b"connection: close" in b"".join(transport.pieces)
    assert transport.closed
