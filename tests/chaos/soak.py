"""Soak: mixed load for minutes, and what it does to memory, CPU, connections and latency. `make soak MINUTES=10`.

    python -m tests.chaos.soak [MINUTES] [PICTURE] [--standbys]

Writers and readers, subscribers who come and go, and hostile requests ask a gateway of its own, on a PostgreSQL of
its own. Every second is a point in the picture (SVG). With standbys it has two replicas; one is killed and comes back,
then the primary is killed and a replica promoted.
"""

import argparse
import asyncio
import itertools
import json
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import httpx
import psutil
import psycopg
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from tests.support.chaos.cluster import Cluster
from tests.support.chaos.load import Load
from tests.support.chaos.processes import Gateway, running
from tests.support.chaos.record import Fault, Point, drawn, told
from tests.support.chaos.standbys import Standbys
from tests.support.organization import token
from tests.support.replication import replicated

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


def _fail(faults: Sequence[Callable[[], str]], seconds: float, over: threading.Event) -> list[Fault]:
    """Let the faults happen one after another, at even distances."""
    happened: list[Fault] = []
    started = time.monotonic()
    for fault in faults:
        if over.wait(seconds / (len(faults) + 1)):
            break
        happened.append(Fault(time.monotonic() - started, fault()))
    return happened


def soak(
    gateway: Gateway,
    connect: Callable[[], psycopg.Connection],
    faults: Callable[[Load], Sequence[Callable[[], str]]],
    minutes: float,
    picture: str,
) -> None:
    """Run the load against a gateway, and print what came of it. `connect` leads to the primary."""
    over = threading.Event()
    with connect() as connection:
        load = Load(gateway.url, connection, writers=4, readers=4)
    with running(gateway), load, ThreadPoolExecutor() as threads:
        disturbing = threads.submit(lambda: asyncio.run(_disturb(load, gateway.url, over)))
        failing = threads.submit(_fail, faults(load), minutes * 60, over)
        try:
            points = _measured(gateway, minutes * 60, load)
        finally:
            over.set()
    disturbing.result()
    happened = failing.result()
    Path(picture).write_text(drawn(points, happened), encoding="utf-8")
    for fault in happened:
        print(f"after {fault.seconds:.0f} s {fault.told}")
    with connect() as connection:
        load.check(connection, f"Mixed load for {minutes:g} minutes")
    print(told(points))


def main() -> None:
    """Run what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("minutes", type=float, nargs="?", default=10)
    parser.add_argument("picture", nargs="?", default="soak.svg")
    parser.add_argument("--standbys", action="store_true")
    options = parser.parse_args()
    if options.standbys:
        with replicated(2) as servers:
            standbys = Standbys(servers)
            soak(standbys.gateway, standbys.connect, standbys.faults, options.minutes, options.picture)
    else:
        with tempfile.TemporaryDirectory() as folder, Cluster(Path(folder) / "data") as cluster:
            soak(Gateway(cluster.url), cluster.connect, lambda _: [], options.minutes, options.picture)


if __name__ == "__main__":
    main()
