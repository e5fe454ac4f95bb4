"""What a request costs: server CPU and statements, over HTTP, for four shapes of query.

python -m bench.requests [DATABASE_URL] [--rounds N]

Without a database it makes its own: 60,000 conversations and 900,000 messages. Shapes take turns, so that what
else the machine does falls on all of them. CPU is the gateway process's own; PostgreSQL's is printed beside it.
"""

import argparse
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import httpx
import orjson
import psutil
import psycopg

from bench.peers.servers import SECRET
from bench.peers.workloads import INBOX, NESTED, ONE_ROW, THREAD
from bench.seed import BIG_ORGANIZATION, seeded
from gateway.settings import Settings
from gateway.tokens import signed_token

REQUESTS_A_ROUND = 100


@contextmanager
def gateway(database_url: str) -> Iterator[tuple[psutil.Process, str]]:
    """Serve the database from a process of its own; yield the process and its URL."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "GATEWAY_DATABASE_URL": database_url,
        "GATEWAY_JWT_SECRET": SECRET,
        "GATEWAY_LOG_LEVEL": "WARNING",
    }
    command = [sys.executable, "-m", "gateway", "serve", "--port", str(port)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until_ready(url)
        yield psutil.Process(process.pid), url
    finally:
        process.terminate()
        process.wait()


def wait_until_ready(url: str) -> None:
    """Wait up to 20 seconds for a gateway to answer that it is ready."""
    for _ in range(200):
        try:
            if httpx.get(f"{url}/readyz").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise SystemExit("the gateway did not become ready")


def shapes(database_url: str, organization: UUID) -> dict[str, bytes]:
    """Return the bodies of the requests."""
    with psycopg.connect(database_url) as connection:
        row = connection.execute(
            "SELECT id FROM conversations WHERE organization_id = %s AND message_count >= 50"
            " ORDER BY updated_at DESC, id DESC LIMIT 1",
            (organization,),
        ).fetchone()
    id = {"id": str(row[0])} if row else {}
    return {
        "inbox of 20 with leads": orjson.dumps({"query": INBOX}),
        "thread of 50": orjson.dumps({"query": THREAD, "variables": id}),
        "20 leads x 5 conversations x 10 messages": orjson.dumps({"query": NESTED}),
        "one row, two fields": orjson.dumps({"query": ONE_ROW, "variables": id}),
    }


def cpu(process: psutil.Process) -> float:
    """Return the seconds of CPU that a process has used."""
    times = process.cpu_times()
    return float(times.user + times.system)


def measure(database_url: str, rounds: int) -> None:
    """Print a table: milliseconds of CPU a request, statements, and milliseconds that a client waited."""
    settings = Settings(jwt_secret=SECRET, _env_file=None)
    token = signed_token(settings, BIG_ORGANIZATION, user="bench", scopes=None, ttl=3600)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    bodies = shapes(database_url, BIG_ORGANIZATION)
    spent = {name: [0.0, 0.0] for name in bodies}
    statements = {}
    with gateway(database_url) as (process, url), httpx.Client(base_url=url, headers=headers) as client:
        for turn in range(rounds + 1):
            for name, body in bodies.items():
                before, started = cpu(process), time.perf_counter()
                for _ in range(REQUESTS_A_ROUND):
                    answer = client.post("/graphql", content=body)
                answer.raise_for_status()
                statements[name] = answer.json()["extensions"]["cost"]["statements"]
                if turn:  # the first warms everything up
                    spent[name][0] += cpu(process) - before
                    spent[name][1] += time.perf_counter() - started
    print(f"{'':42} CPU ms   statements   waited ms")
    for name, (used, waited) in spent.items():
        requests = rounds * REQUESTS_A_ROUND
        print(f"{name:42} {used / requests * 1000:6.2f} {statements[name]:12} {waited / requests * 1000:11.2f}")


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("database_url", nargs="?")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with seeded(options.database_url) as database_url:
        measure(database_url, options.rounds)


if __name__ == "__main__":
    main()
