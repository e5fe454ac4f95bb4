"""Scale: what more processes, a pooler, replicas, organizations and rows do to a request's cost.

    python -m bench.scale processes
    python -m bench.scale organizations --most 10000
    python -m bench.scale messages --most 1000000
    python -m bench.scale simulation

`processes`: requests a second, and CPU of gateway and PostgreSQL a request, with 1 and 2 processes, with and without
a replica, prepared and not, through PgBouncer where it is installed. `organizations` and `messages`: the same
for one process as the database grows, and what a message takes on disk. `simulation`: a thousand organizations, a few
of which ask most, all at once; and whether it costs what the parts cost one by one, which docs/scale.md reckons with.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import NamedTuple
from uuid import UUID

import orjson
import psutil
import psycopg

from bench.peers.load import load, request
from bench.peers.servers import SECRET
from bench.peers.workloads import INBOX, THREAD
from bench.requests import wait_until_ready
from gateway.database.migrate import migrate
from gateway.settings import Settings
from gateway.tokens import signed_token
from tests.support.pooler import pooled
from tests.support.replication import Server, replicated
from tests.support.server import free_port
from tests.support.volume import Volume, fill, organization_ids

SECONDS, CONNECTIONS = 4.0, 16
MEMORY = "4GB"
"""What PostgreSQL keeps of the tables that grow."""
MIX = {"inbox": 3, "thread": 4, "new message": 1}
"""Requests of each shape among eight."""
MOST_OFTEN = 200
"""How often the busiest organization asks while the last that asks does so once."""
ADD = """mutation ($id: ID!) { addMessage(input: {conversationId: $id, role: USER,
    content: "Good morning, is there anything free on Friday after five? A haircut, please."}) { message { id } } }"""


class Cost(NamedTuple):
    """Requests a second, milliseconds of CPU a request, and the median wait in milliseconds."""

    rate: float
    gateway: float
    postgres: float
    wait: float

    def __str__(self) -> str:
        return f"{self.rate:8,.0f} {self.gateway:8.2f} {self.postgres:8.2f} {self.wait:8.1f}"


@contextmanager
def gateway(workers: int = 1, **settings: str) -> Iterator[tuple[int, psutil.Process]]:
    """Serve from processes of their own; yield the port and the first of them."""
    port = free_port()
    environment = {**os.environ, "GATEWAY_JWT_SECRET": SECRET, "GATEWAY_LOG_LEVEL": "WARNING", "GATEWAY_DRAIN": "0"}
    environment |= {f"GATEWAY_{name.upper()}": value for name, value in settings.items()}
    command = [sys.executable, "-m", "gateway", "serve", "--port", str(port), "--workers", str(workers)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process:
        try:
            wait_until_ready(f"http://127.0.0.1:{port}")
            time.sleep(1)  # every worker has started
            yield port, psutil.Process(process.pid)
        finally:
            process.terminate()


def measured(
    port: int, processes: list[psutil.Process], servers: list[psutil.Process], bodies: dict[UUID, list[bytes]]
) -> Cost:
    """Ask for a while, after a while to warm up: bodies by the organization whose token they carry."""
    settings = Settings(jwt_secret=SECRET, _env_file=None)
    requests = [
        request(port, signed_token(settings, organization, user="bench", scopes=None, ttl=3600), body)
        for organization, asked in bodies.items()
        for body in asked
    ]
    load(port, requests, connections=CONNECTIONS, seconds=1.0)
    before = [_cpu(processes), _cpu(servers)]
    elapsed, waits = load(port, requests, connections=CONNECTIONS, seconds=SECONDS)
    used = [_cpu(processes) - before[0], _cpu(servers) - before[1]]
    gateway_cpu, postgres_cpu = (1000 * each / len(waits) for each in used)
    return Cost(len(waits) / elapsed, gateway_cpu, postgres_cpu, 1000 * sorted(waits)[len(waits) // 2])


def _cpu(processes: list[psutil.Process]) -> float:
    """Seconds of CPU of processes, those they started, and those that have ended."""
    total = 0.0
    for process in processes:
        for each in (process, *process.children(recursive=True)):
            times = each.cpu_times()
            total += times.user + times.system
        ended = process.cpu_times()
        total += ended.children_user + ended.children_system
    return total


def postgres(server: Server) -> psutil.Process:
    """The server's first process."""
    return psutil.Process(int((server.folder / "data" / "postmaster.pid").read_text().split()[0]))


def shapes(url: str, organizations: list[UUID]) -> dict[str, dict[UUID, list[bytes]]]:
    """An inbox, a thread and a write, for each of the organizations."""
    found: dict[str, dict[UUID, list[bytes]]] = {"inbox": {}, "thread": {}, "new message": {}}
    busiest = "SELECT id FROM conversations WHERE organization_id = %s ORDER BY message_count DESC, id LIMIT 8"
    with psycopg.connect(url) as connection:
        for organization in organizations:
            ids = [str(id) for (id,) in connection.execute(busiest, (organization,))]
            found["inbox"][organization] = [orjson.dumps({"query": INBOX})]
            for name, query in (("thread", THREAD), ("new message", ADD)):
                found[name][organization] = [orjson.dumps({"query": query, "variables": {"id": id}}) for id in ids]
    return found


def processes() -> None:
    """Print a table: one process and two, a pooler, a replica."""
    volume = Volume(leads=5_000, conversations=15_000, messages=150_000)
    with replicated(1) as servers, ExitStack() as running:
        primary, replica = servers
        migrate(primary.url)
        with psycopg.connect(primary.url, autocommit=True) as connection:
            fill(connection, volume)
        bodies = shapes(primary.url, organization_ids(volume)[:1])
        reading = {"database_url": primary.url, "replica_urls": replica.url}
        ways: dict[str, tuple[int, dict[str, str]]] = {
            "1 process": (1, {"database_url": primary.url}),
            "2 processes": (2, {"database_url": primary.url}),
            "1 process, not preparing": (1, {"database_url": primary.url, "prepare": "false"}),
            "1 process, a replica": (1, reading),
            "2 processes, a replica": (2, reading),
        }
        if shutil.which("pgbouncer"):
            pooler = running.enter_context(pooled(primary.url))
            through = {"database_url": pooler.url, "direct_url": primary.url, "prepare": str(pooler.prepares).lower()}
            ways["1 process, PgBouncer"] = (1, through)
        _print_head("", "")
        for name, (workers, settings) in ways.items():
            with psycopg.connect(primary.url, autocommit=True) as connection:
                connection.execute("VACUUM")  # whoever comes later is not to step over what was changed before
            with gateway(workers, **settings) as (port, process):
                for shape, asked in bodies.items():
                    cost = measured(port, [process], [postgres(each) for each in servers], asked)
                    print(f"{name:26} {shape:12} {cost}", flush=True)


def growing(name: str, volumes: list[Volume], organizations_asked: int) -> None:
    """Print a table: one process, as the database grows, asked for many organizations, and for the biggest alone."""
    _print_head(name, "bytes a message")
    for volume in volumes:
        with replicated(0) as servers:
            url = servers[0].url
            _enlarge(servers[0])
            migrate(url)
            with psycopg.connect(url, autocommit=True) as connection:
                fill(connection, volume)
                size = _size(connection)
            for asked in (organizations_asked, 1):
                organizations = organization_ids(volume)[:asked]
                with gateway(1, database_url=url) as (port, process):
                    for shape, bodies in shapes(url, organizations).items():
                        cost = measured(port, [process], [postgres(servers[0])], bodies)
                        grown = f"{getattr(volume, name):,} {'' if asked > 1 else '(the biggest)'}"
                        print(f"{grown:26} {shape:12} {cost} {size / volume.messages:12,.0f}", flush=True)


def simulation() -> None:
    """Print what a mixed load costs, beside what its parts cost one by one."""
    volume = Volume(leads=20_000, conversations=60_000, messages=300_000, organizations=1000)
    with replicated(0) as servers:
        url = servers[0].url
        migrate(url)
        with psycopg.connect(url, autocommit=True) as connection:
            fill(connection, volume)
        asked = shapes(url, organization_ids(volume)[:MOST_OFTEN])
        # The n-th organization asks 1/n as often as the first.
        often = {organization: MOST_OFTEN // number for number, organization in enumerate(asked["inbox"], 1)}
        parts = {name: {each: bodies[each] * often[each] for each in bodies} for name, bodies in asked.items()}
        mixed = {
            each: [body for name, share in MIX.items() for body in asked[name][each][:1] * share] * often[each]
            for each in often
        }
        with gateway(1, database_url=url) as (port, process):
            costs = {name: measured(port, [process], [postgres(servers[0])], part) for name, part in parts.items()}
            cost = measured(port, [process], [postgres(servers[0])], mixed)
    whole = sum(MIX.values())
    _print_head("", "")
    for name, part in costs.items():
        print(f"{name:26} {f'{MIX[name]} of {whole}':12} {part}")
    for figure in ("gateway", "postgres"):
        expected = sum(MIX[name] * getattr(part, figure) for name, part in costs.items()) / whole
        print(f"{figure}: {expected:.2f} ms of CPU a request expected, {getattr(cost, figure):.2f} measured")
    print(f"{'all at once':39} {cost}")


def _enlarge(server: Server) -> None:
    """Give it the memory of a server that somebody looks after."""
    server.execute(f"ALTER SYSTEM SET shared_buffers = '{MEMORY}'")
    server.stop("fast")
    server.start()


def _size(connection: psycopg.Connection) -> int:
    row = connection.execute("SELECT pg_total_relation_size('messages')").fetchone()
    assert row is not None
    return int(row[0])


def _print_head(grows: str, more: str) -> None:
    print(f"{grows:26} {'':12} {'req/s':>8} {'CPU ms':>8} {'PG ms':>8} {'waited':>8}   {more}")


def main() -> None:
    """Run what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["processes", "organizations", "messages", "simulation"])
    parser.add_argument("--most", type=int, default=1_000_000)
    options = parser.parse_args()
    alone = {"processes": processes, "simulation": simulation}.get(options.what)
    if alone:
        alone()
        return
    steps = [10**n for n in range(1, 9) if 10**n <= options.most]
    if options.what == "organizations":
        volumes = [Volume(leads=20_000, conversations=60_000, messages=300_000, organizations=n) for n in steps]
        growing("organizations", volumes, 200)
    else:
        steps = [n for n in steps if n >= 1000]
        growing("messages", [Volume(leads=n // 45 + 1, conversations=n // 15, messages=n) for n in steps], 6)


if __name__ == "__main__":
    main()
