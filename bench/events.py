"""Events: how many a second reach 1,000 subscribers of one process, how late, and what a subscriber holds.

    python -m bench.events --subscribers 1000 --messages 100
    python -m bench.events --storm

The gateway is a process of its own on an embedded PostgreSQL; subscribers and writers are this one, on the same
machine. `--storm` checks instead that 10,000 messages of 8 writers, with the listening connection killed meanwhile,
reach 50 subscribers once each and in order.
"""

import argparse
import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles
from uuid import UUID

import httpx
import psutil
import psycopg
from websockets.asyncio.client import ClientConnection

from gateway.database.migrate import migrate
from gateway.embedded import embedded_postgres
from tests.support import storm
from tests.support.organization import SECRET, Organization
from tests.support.storm import subscribed

WATCH = "subscription { messageAdded { cursor message { id content createdAt } } }"


@contextmanager
def served(url: str) -> Iterator[tuple[str, int]]:
    """Serve the database, yield the gateway's URL and process id."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "GATEWAY_DATABASE_URL": url,
        "GATEWAY_JWT_SECRET": SECRET,
        "GATEWAY_LOG_LEVEL": "ERROR",
    }
    process = subprocess.Popen([sys.executable, "-m", "gateway", "serve", "--port", str(port)], env=environment)
    try:
        gateway = f"http://127.0.0.1:{port}"
        while not _ready(gateway):
            time.sleep(0.1)
        yield gateway, process.pid
    finally:
        process.terminate()
        process.wait()


def _ready(gateway: str) -> bool:
    try:
        return httpx.get(f"{gateway}/readyz").status_code == 200
    except httpx.TransportError:
        return False


def resident(process_id: int) -> int:
    """Return a process's resident memory in bytes."""
    pages = int(Path(f"/proc/{process_id}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def cpu(process_id: int) -> float:
    """Return the seconds of CPU that a process has used."""
    times = psutil.Process(process_id).cpu_times()
    return float(times.user + times.system)


async def measure(organization: Organization, url: str, process_id: int, subscribers: int, messages: int) -> None:
    """Print the figures: first of messages one by one, then of as many as a transaction brings at once."""
    conversation = organization.conversation()
    before = resident(process_id)
    sockets = [await subscribed(organization, WATCH) for _ in range(subscribers)]
    await asyncio.sleep(2)
    print(f"memory a subscriber: {(resident(process_id) - before) / subscribers / 1024:.0f} KiB")
    delays: list[float] = []
    reading = [asyncio.create_task(_read(each, messages + 1, delays)) for each in sockets]
    connection = await psycopg.AsyncConnection.connect(url, autocommit=True)
    for _ in range(messages // 10):
        await _write(connection, organization.id, conversation, 1)
        await asyncio.sleep(0.5)
    one_by_one, delays[:] = delays[subscribers:], []
    began, used = time.perf_counter(), cpu(process_id)
    rest = messages + 1 - messages // 10
    await _write(connection, organization.id, conversation, rest)
    await asyncio.gather(*reading)
    seconds, used = time.perf_counter() - began, cpu(process_id) - used
    cuts = quantiles(one_by_one, n=100)
    print(f"delay, one message at a time: p50 {cuts[49] * 1000:.0f} ms, p99 {cuts[98] * 1000:.0f} ms")
    events = rest * subscribers
    print(f"{rest} messages at once: {events / seconds:,.0f} events a second, subscribers on the same machine")
    print(f"the gateway's CPU an event: {used / events * 1e6:.0f} microseconds")
    print(f"memory a subscriber afterwards: {(resident(process_id) - before) / subscribers / 1024:.0f} KiB")
    await connection.close()
    for each in sockets:
        await each.close()


async def _write(connection: psycopg.AsyncConnection, organization_id: UUID, conversation: UUID, count: int) -> None:
    await connection.execute(
        "INSERT INTO messages (organization_id, conversation_id, role, content)"
        " SELECT %s, %s, 'user', %s || n FROM generate_series(1, %s::int) AS n",
        [organization_id, conversation, f"{time.time()} ", count],
    )


async def _read(socket: ClientConnection, count: int, delays: list[float]) -> None:
    for _ in range(count):
        text = await socket.recv()
        content = json.loads(text)["payload"]["data"]["messageAdded"]["message"]["content"]
        delays.append(time.time() - float(content.split()[0]))


def check(organization: Organization, url: str) -> None:
    """Print whether a storm reaches everybody as it should."""
    size = storm.Storm(messages=10_000, subscribers=50, kills=5)
    began = time.perf_counter()
    told = storm.raised(organization, url, size)
    expected = storm.written(organization)
    right = sum(storm.threads_of(each) == expected for each in told)
    print(f"{size} in {time.perf_counter() - began:.1f} s: {right} of {size.subscribers} were told all, once, in order")
    sys.exit(right != size.subscribers)


def main() -> None:
    """Run what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--subscribers", type=int, default=1000)
    parser.add_argument("--messages", type=int, default=100)
    parser.add_argument("--storm", action="store_true")
    arguments = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        embedded_postgres(Path(folder) / "data", durable=False) as url,
        psycopg.connect(url, autocommit=True) as connection,
    ):
        migrate(url)
        with served(url) as (gateway, process_id), Organization(connection, gateway) as organization:
            if arguments.storm:
                check(organization, url)
            asyncio.run(measure(organization, url, process_id, arguments.subscribers, arguments.messages))


if __name__ == "__main__":
    main()
