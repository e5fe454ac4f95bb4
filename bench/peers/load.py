"""A client that costs little: a few keep-alive connections, each of which asks again when it was answered."""

import asyncio
import time
from collections.abc import Iterator
from itertools import cycle
from typing import cast

import httptools
import uvloop


class _Connection(asyncio.Protocol):
    def __init__(self, requests: Iterator[bytes], until: float, latencies: list[float]) -> None:
        self._requests = requests
        self._until = until
        self._latencies = latencies
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._ask()

    def data_received(self, data: bytes) -> None:
        self._failed |= b'"errors"' in data
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        now = time.perf_counter()
        self._latencies.append(now - self._asked)
        if self._parser.get_status_code() != 200 or self._failed:
            self.done.set_exception(RuntimeError("a request was not answered as it should be"))
        elif now < self._until:
            asyncio.get_running_loop().call_soon(self._ask)
        else:
            self.done.set_result(None)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(error or RuntimeError("the server closed the connection"))

    def _ask(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._failed = False
        self._asked = time.perf_counter()
        self._transport.write(next(self._requests))


def load(port: int, requests: list[bytes], *, connections: int, seconds: float) -> tuple[float, list[float]]:
    """Ask for a while. Returns the seconds that it took and each request's, in the order of their ends."""
    return uvloop.run(_load(port, requests, connections, seconds))


async def _load(port: int, requests: list[bytes], connections: int, seconds: float) -> tuple[float, list[float]]:
    loop = asyncio.get_running_loop()
    latencies: list[float] = []
    turns = cycle(requests)
    started = time.perf_counter()
    made = [
        await loop.create_connection(lambda: _Connection(turns, started + seconds, latencies), "127.0.0.1", port)
        for _ in range(connections)
    ]
    await asyncio.gather(*(connection.done for _, connection in made))
    elapsed = time.perf_counter() - started
    for transport, _ in made:
        transport.close()
    return elapsed, latencies


def request(port: int, token: str, body: bytes, method: str = "POST", path: str = "/graphql") -> bytes:
    """Write a request as it is sent."""
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n"
        f"Accept: application/json\r\n"
    )
    if body:
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return f"{head}\r\n".encode() + body
