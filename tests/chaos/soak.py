"""Soak: mixed load for minutes, and what it does to memory, CPU, connections and latency. `make soak MINUTES=10`.

    python -m tests.chaos.soak [MINUTES] [PICTURE]

Writers and readers, subscribers who come and go, and hostile requests ask a gateway of its own, on a PostgreSQL of
its own. Every second is a point in the picture (SVG).
"""

import asyncio
import itertools
import json
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from statistics import linear_regression, mean
from typing import NamedTuple

import httpx
import psutil
import psycopg
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from tests.support.chaos.cluster import Cluster
from tests.support.chaos.load import Load
from tests.support.chaos.processes import Gateway, running
from tests.support.organization import token

WATCH = {"query": "subscription { messageAdded { cursor message { id content } } }"}
SUBSCRIBERS = 20
HOSTILE = [
    {"query": "{ " + "a" * 200_000 + " }"},
    {"query": "{ conversations { nodes { " + "id " * 1900 + "} } }"},
    {"query": "{ nodes(ids: [" + '"x" ' * 500 + "]) { id } }"},
    {"query": "query ($f: ConversationFilter) { conversations(filter: $f) { totalCount } }", "variables": {"f": 1}},
    {"query": "{ conversations(first: 100) { nodes { messages(first: 500) { nodes { id } } } } }"},
    ["not", "an", "operation"],
]
WARM_UP = 60.0
"""Seconds that are not looked at: caches fill."""


class Point(NamedTuple):
    """One second of it."""

    seconds: float
    memory: float
    """Megabytes."""
    cpu: float
    """Percent of a core."""
    connections: float
    latency: float
    """Milliseconds of the slowest of three requests."""


async def _disturb(load: Load, url: str, over: threading.Event) -> None:
    headers = {"Authorization": f"Bearer {token(load.organization_id)}"}
    async with (
        httpx.AsyncClient(base_url=url, headers=headers, timeout=30, verify=False) as client,
        asyncio.TaskGroup() as group,
    ):
        group.create_task(_be_hostile(client, over))
        for number in range(SUBSCRIBERS):
            group.create_task(_watch(url, headers, over, 2 + number))


async def _be_hostile(client: httpx.AsyncClient, over: threading.Event) -> None:
    for number, body in enumerate(itertools.cycle(HOSTILE)):
        if over.is_set():
            return
        unique = json.dumps(body).replace('"{ ', f'"{{ a{number % 20}: __typename ')  # texts that are known, and others
        answer = await client.post("/graphql", content=unique, headers={"Content-Type": "application/json"})
        assert answer.status_code < 500, answer.text[:200]
        with suppress(httpx.TransportError):  # who goes away before the answer
            await client.get("/api/v1/conversations", timeout=0.002)
        await client.get("/api/v1/leads", headers={"Authorization": f"Bearer {number}"})
        await asyncio.sleep(0.1)


async def _watch(url: str, headers: dict[str, str], over: threading.Event, seconds: float) -> None:
    while not over.is_set():
        with suppress(TimeoutError, ConnectionClosed):
            async with (
                asyncio.timeout(seconds),
                connect(
                    url.replace("http", "ws", 1) + "/graphql",
                    subprotocols=[Subprotocol("graphql-transport-ws")],
                    additional_headers=headers,
                    proxy=None,
                ) as socket,
            ):
                await socket.send('{"type": "connection_init"}')
                await socket.send(json.dumps({"type": "subscribe", "id": "1", "payload": WATCH}))
                while not over.is_set():
                    await socket.recv()


def _measured(gateway: Gateway, seconds: float, load: Load) -> list[Point]:
    process = psutil.Process(gateway.process.pid)
    process.cpu_percent()
    points: list[Point] = []
    started = time.monotonic()
    headers = {"Authorization": f"Bearer {token(load.organization_id)}"}
    with httpx.Client(base_url=gateway.url, headers=headers, verify=False, timeout=30) as client:
        while (passed := time.monotonic() - started) < seconds:
            slowest = 0.0
            for _ in range(3):
                asked = time.monotonic()
                client.get("/api/v1/conversations?size=5").raise_for_status()
                slowest = max(slowest, time.monotonic() - asked)
            memory, connections = process.memory_info().rss / 1e6, len(process.net_connections("tcp"))
            points.append(Point(passed, memory, process.cpu_percent(), connections, slowest * 1000))
            time.sleep(max(0.0, passed + 1 - (time.monotonic() - started)))
    return points


def _picture(points: Sequence[Point]) -> str:
    """Four curves above each other, each from 0 to its most."""
    width, height, left = 720, 110, 60
    parts = []
    names = ("memory, MB", "CPU, % of a core", "connections", "slowest of three requests, ms")
    for row, name in enumerate(names):
        values = [point[row + 1] for point in points]
        most, top = max(values) or 1, row * (height + 40) + 30
        line = " ".join(
            f"{left + point.seconds / points[-1].seconds * width:.1f},{top + height * (1 - value / most):.1f}"
            for point, value in zip(points, values, strict=True)
        )
        parts += [
            f'<text x="{left}" y="{top - 8}">{name}: mean {mean(values):,.1f}, most {most:,.1f}</text>',
            f'<rect x="{left}" y="{top}" width="{width}" height="{height}" fill="none" stroke="#ccc"/>',
            f'<polyline points="{line}" fill="none" stroke="#0b6" stroke-width="1.2"/>',
        ]
    size = f'width="{width + left + 20}" height="{len(names) * (height + 40) + 20}"'
    style = 'font-family="sans-serif" font-size="13" fill="#333"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} {style}>\n' + "\n".join(parts) + "\n</svg>\n"


def _told(points: Sequence[Point]) -> str:
    steady = [point for point in points if point.seconds > WARM_UP] or list(points)
    slope = linear_regression([point.seconds / 60 for point in steady], [point.memory for point in steady]).slope
    first, last = steady[: len(steady) // 5], steady[-len(steady) // 5 :]
    return (
        f"memory {mean(point.memory for point in first):.1f} MB in the first fifth,"
        f" {mean(point.memory for point in last):.1f} MB in the last ({slope:+.2f} MB a minute);"
        f" CPU {mean(point.cpu for point in steady):.0f} %, connections up to"
        f" {max(point.connections for point in steady):.0f}, slowest probe {max(p.latency for p in steady):.0f} ms"
    )


def main(minutes: float = 10, picture: str = "soak.svg") -> None:
    over = threading.Event()
    with tempfile.TemporaryDirectory() as folder, Cluster(Path(folder) / "data") as cluster:
        gateway = Gateway(cluster.url)
        with cluster.connect() as connection, running(gateway):
            load = Load(gateway.url, connection, writers=4, readers=4)
            with load:
                disturbing = threading.Thread(target=lambda: asyncio.run(_disturb(load, gateway.url, over)))
                disturbing.start()
                try:
                    points = _measured(gateway, minutes * 60, load)
                finally:
                    over.set()
                    disturbing.join()
            _end(connection, load, points, minutes, picture)


def _end(connection: psycopg.Connection, load: Load, points: Sequence[Point], minutes: float, picture: str) -> None:
    Path(picture).write_text(_picture(points), encoding="utf-8")
    load.check(connection, f"Mixed load for {minutes:g} minutes")
    print(_told(points))


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 10, *sys.argv[2:3])
