"""What a REST call costs: server CPU, against FastAPI with SQLAlchemy's async ORM on the same database.

python -m bench.rest [DATABASE_URL] [--rounds N]

Each server is one process; the calls take turns, so that what else the machine does falls on both. CPU is the
server process's own, without PostgreSQL's. Both answer the same JSON, uncompressed; that is checked first.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx
import psutil
import psycopg

from bench.requests import SECRET, cpu, gateway
from bench.seed import BIG_ORGANIZATION, seed
from gateway.embedded import embedded_postgres
from gateway.settings import Settings
from gateway.tokens import signed_token

PATH = "/api/v1/conversations"
REQUESTS_A_ROUND = 100
PEER_PORT = 8765


class Call(NamedTuple):
    """A request of either server."""

    method: str
    path: str
    body: dict[str, str] | None = None


@contextmanager
def fastapi(database_url: str) -> Iterator[tuple[psutil.Process, str]]:
    """Serve the peer from a process of its own; yield the process and its URL."""
    environment = {**os.environ, "PEER_DATABASE_URL": database_url, "PEER_JWT_SECRET": SECRET}
    command = [
        *(sys.executable, "-m", "uvicorn", "bench.peers.fastapi_peer:app", "--port", str(PEER_PORT)),
        *("--no-access-log", "--log-level", "warning"),
    ]
    process = subprocess.Popen(command, env=environment)
    url = f"http://127.0.0.1:{PEER_PORT}"
    try:
        for _ in range(200):
            try:
                httpx.get(f"{url}/openapi.json")
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield psutil.Process(process.pid), url
    finally:
        process.terminate()
        process.wait()


def calls(database_url: str) -> dict[str, Call]:
    """The four reads and the change, of a conversation with 50 messages or a few more."""
    with psycopg.connect(database_url) as connection:
        row = connection.execute(
            "SELECT id FROM conversations WHERE organization_id = %s AND message_count >= 50"
            " ORDER BY message_count, id LIMIT 1",
            (BIG_ORGANIZATION,),
        ).fetchone()
    assert row
    one = f"{PATH}/{row[0]}"
    return {
        "list, 20": Call("GET", PATH),
        "list, 20 of a status": Call("GET", f"{PATH}?status=escalated"),
        "detail, 50 messages": Call("GET", one),
        "messages, 50": Call("GET", f"{one}/messages?limit=50"),
        "PATCH status": Call("PATCH", one, {"status": "completed"}),
    }


def measure(database_url: str, rounds: int) -> None:
    """Print a table: milliseconds of CPU a request of either server, and their ratio."""
    settings = Settings(jwt_secret=SECRET, _env_file=None)
    token = signed_token(settings, BIG_ORGANIZATION, user="bench", scopes=None, ttl=3600)
    headers = {"Authorization": f"Bearer {token}", "Accept-Encoding": "identity"}
    asked = calls(database_url)
    spent = {name: [0.0, 0.0] for name in asked}
    with gateway(database_url) as ours, fastapi(database_url) as theirs, httpx.Client(headers=headers) as client:
        check_alike(client, ours[1], theirs[1], asked)
        for turn in range(rounds + 1):
            for name, call in asked.items():
                for number, (process, url) in enumerate((ours, theirs)):
                    before = cpu(process)
                    for _ in range(REQUESTS_A_ROUND):
                        client.request(call.method, url + call.path, json=call.body).raise_for_status()
                    spent[name][number] += (cpu(process) - before) * bool(turn)  # the first round warms up
    print(f"{'CPU ms a request':24} gateway   FastAPI   ratio")
    for name, (mine, other) in spent.items():
        requests = rounds * REQUESTS_A_ROUND
        print(f"{name:24} {mine / requests * 1000:7.2f} {other / requests * 1000:9.2f} {other / mine:7.1f}")


def check_alike(client: httpx.Client, ours: str, theirs: str, asked: dict[str, Call]) -> None:
    """Exit where the two do not answer the same."""
    for name, call in asked.items():
        answers = [client.request(call.method, url + call.path, json=call.body).json() for url in (ours, theirs)]
        if call.method == "GET" and answers[0] != answers[1]:
            raise SystemExit(f"{name}: the two answer differently")


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("database_url", nargs="?")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    if options.database_url:
        measure(options.database_url, options.rounds)
        return
    with (
        tempfile.TemporaryDirectory() as folder,
        embedded_postgres(Path(folder) / "data", durable=False) as database_url,
    ):
        seed(database_url)
        measure(database_url, options.rounds)


if __name__ == "__main__":
    main()
