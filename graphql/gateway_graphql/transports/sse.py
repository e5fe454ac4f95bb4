"""GraphQL over Server-Sent Events, one operation a connection ("distinct connections mode")."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from enum import Enum

import structlog
from starlette.responses import StreamingResponse
from starlette.types import Message, Send

from gateway.auth import Viewer
from gateway.http.draining import Drain
from gateway.metrics import count_refusal
from gateway_graphql.answers import Answer
from gateway_graphql.live.subscribers import TooSlow

log = structlog.get_logger(__name__)

EVENT_STREAM = "text/event-stream"
_HEARTBEAT = 12.0
"""Seconds of silence, after which a comment keeps the connection open and finds out whether it still is."""


SEND_TIMEOUT = 10.0
"""Seconds that a client may leave a piece of the stream untaken."""


class _Ending(Enum):
    """How a stream ends: with the operation, or because its client was too slow and is to come back."""

    COMPLETE = 1
    CUT_OFF = 2


def event_stream(answers: AsyncGenerator[Answer], viewer: Viewer, drain: Drain) -> StreamingResponse:
    """Stream an operation's answers for as long as the viewer's token holds."""
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", "Vary": "Accept"}
    return _EventStream(_events(answers, viewer, drain), headers=headers, media_type=EVENT_STREAM)


class _EventStream(StreamingResponse):
    """A stream that ends if its client does not read it: it does not hold its data for long."""

    body_iterator: AsyncGenerator[bytes]

    async def stream_response(self, send: Send) -> None:
        async def sent(message: Message) -> None:
            async with asyncio.timeout(SEND_TIMEOUT):
                await send(message)

        async with aclosing(self.body_iterator):
            try:
                await super().stream_response(sent)
            except TimeoutError:
                count_refusal("slow_stream")
                log.info("a stream was cut off: its client does not read")


async def _events(answers: AsyncGenerator[Answer], viewer: Viewer, drain: Drain) -> AsyncGenerator[bytes]:
    taken: asyncio.Queue[Answer | _Ending] = asyncio.Queue(1)
    taking = asyncio.create_task(_take(answers, taken))
    try:
        with drain.streaming(taking.cancel):
            async for event in _encoded(taken, viewer):
                yield event
    finally:
        taking.cancel()


async def _encoded(taken: "asyncio.Queue[Answer | _Ending]", viewer: Viewer) -> AsyncGenerator[bytes]:
    yield b":\n\n"
    end = viewer.stays_until(time.time())
    while (left := end - time.time()) > 0:
        try:
            async with asyncio.timeout(min(left, _HEARTBEAT)):
                answer = await taken.get()
        except TimeoutError:
            yield b":\n\n"
            continue
        if answer is _Ending.COMPLETE:
            yield b"event: complete\ndata:\n\n"
        if isinstance(answer, _Ending):
            return
        yield _event(answer)
    # The token has expired, or events were missed: the stream ends without being complete, to be asked for anew.


async def _take(answers: AsyncGenerator[Answer], taken: "asyncio.Queue[Answer | _Ending]") -> None:
    # In a task of its own, which can close the answers in order after the client has disconnected.
    try:
        async with aclosing(answers):
            async for answer in answers:
                await taken.put(answer)
    except asyncio.CancelledError:
        if taken.full():
            taken.get_nowait()  # it is sent again when the client comes back
        taken.put_nowait(_Ending.CUT_OFF)
        raise
    except TooSlow:
        count_refusal("slow_stream")
        await taken.put(_Ending.CUT_OFF)
    except Exception:
        log.exception("a stream failed")
        await taken.put(_Ending.CUT_OFF)
    else:
        await taken.put(_Ending.COMPLETE)


def _event(answer: Answer) -> bytes:
    id = f"id: {answer.event_id}\n".encode() if answer.event_id else b""
    return id + b"event: next\ndata: " + answer.json + b"\n\n"
