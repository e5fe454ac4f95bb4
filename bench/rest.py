"""What a REST call costs: server CPU, against FastAPI with SQLAlchemy's async ORM on the same database.

    python -m bench.rest [DATABASE_URL] [--rounds N]

Each server is one process, asked in turns by one client with 8 keep-alive connections, so that what else the machine
does falls on both. CPU is the server process's own, without PostgreSQL's: the median of rounds. Both answer the same
JSON, uncompressed; that is checked first.
"""

import argparse
import json
from collections import defaultdict
from statistics import median
from typing import NamedTuple

import httpx
import psycopg

from bench.compare import CONNECTIONS, cpu, token
from bench.peers.load import load, request
from bench.peers.servers import FASTAPI, GATEWAY, running
from bench.seed import BIG_ORGANIZATION, seeded

PATH = "/api/v1/conversations"
SECONDS = 0.8


class Call(NamedTuple):
    """A request of either server."""

    method: str
    path: str
    body: str = ""

    def sent(self, port: int) -> bytes:
        return request(port, token(), self.body.encode(), self.method, self.path)


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
        "PATCH status": Call("PATCH", one, json.dumps({"status": "completed"})),
    }


def measure(database_url: str, rounds: int) -> None:
    """Print a table: milliseconds of CPU a request of either server, and their ratio."""
    asked = calls(database_url)
    spent: dict[str, list[tuple[float, float]]] = defaultdict(list)
    with running(GATEWAY, database_url) as ours, running(FASTAPI, database_url) as theirs:
        check_alike(ours[1], theirs[1], asked)
        for turn in range(rounds + 1):
            for name, call in asked.items():
                costs = []
                for process, port in (ours, theirs):
                    before = cpu(process)
                    _, answered = load(port, [call.sent(port)], connections=CONNECTIONS, seconds=SECONDS)
                    costs.append((cpu(process) - before) / len(answered) * 1000)
                if turn:  # the first round warms up
                    spent[name].append((costs[0], costs[1]))
    print(f"{'CPU ms a request':24} gateway   FastAPI   ratio")
    for name, each in spent.items():
        mine, other = (median(column) for column in zip(*each, strict=True))
        print(f"{name:24} {mine:7.2f} {other:9.2f} {other / mine:7.1f}")


def check_alike(ours: int, theirs: int, asked: dict[str, Call]) -> None:
    """Exit where the two do not answer the same."""
    with httpx.Client(headers={"Authorization": f"Bearer {token()}", "Content-Type": "application/json"}) as client:
        for name, (method, path, body) in asked.items():
            answers = [
                client.request(method, f"http://127.0.0.1:{port}{path}", content=body).raise_for_status().json()
                for port in (ours, theirs)
            ]
            if method == "GET" and answers[0] != answers[1]:
                raise SystemExit(f"{name}: the two answer differently")


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("database_url", nargs="?")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with seeded(options.database_url) as database_url:
        measure(database_url, options.rounds)


if __name__ == "__main__":
    main()
