"""Compare the gateway with its peers: five workloads, the same rows, interleaved in one run.

    python -m bench.compare [DATABASE_URL] [--rounds N] [--seconds S] [--only NAME ...] [--write]

Without a database it makes its own: 60,000 conversations and 900,000 messages. First each peer answers every workload
once through a proxy that counts statements, and its answers are held against the gateway's. Then all run at once, each
in processes of its own, and are asked in turns. CPU is the server's own, its children's included, PostgreSQL's not.
`--write` keeps the table and the picture: results.md and results.svg.
"""

import argparse
import signal
import statistics
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import psutil

from bench.peers.answers import difference, normal
from bench.peers.load import load, request
from bench.peers.picture import picture
from bench.peers.report import Measured, table
from bench.peers.servers import GATEWAY, SECRET, Peer, install, running
from bench.peers.wiretap import wiretap
from bench.peers.workloads import Workload, workloads
from bench.seed import BIG_ORGANIZATION, seeded
from gateway.settings import Settings
from gateway.tokens import signed_token

CONNECTIONS = 8
COMPARED_REQUESTS = 5
WARM_UP_ROUNDS = 4
HERE = Path(__file__).parent


class Round(NamedTuple):
    """What a server did for a while: seconds of CPU a request, requests a second, the seconds each took."""

    cpu: float
    rate: float
    latencies: list[float]


def token() -> str:
    """Sign the token that all requests carry."""
    settings = Settings(jwt_secret=SECRET, _env_file=None)
    return signed_token(settings, BIG_ORGANIZATION, user="bench", scopes=None, ttl=7200)


def asked_of(peer: Peer, asked: Sequence[Workload]) -> list[Workload]:
    """Return the workloads in the peer's own words."""
    if peer.name == "PostGraphile":
        return [workload.postgraphile(BIG_ORGANIZATION) for workload in asked]
    return list(asked)


@contextmanager
def client(port: int) -> Iterator[httpx.Client]:
    """Yield a client of one server, for the few requests that are looked at."""
    headers = {"Authorization": f"Bearer {token()}", "Content-Type": "application/json"}
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=30) as opened:
        yield opened


def answers(client: httpx.Client, workload: Workload) -> list[Any]:
    """Return the data of a few requests' answers, as they are compared; or what came instead."""
    posted = [client.post("/graphql", content=body).json() for body in workload.bodies()[:COMPARED_REQUESTS]]
    return [normal(answer.get("data") or answer) for answer in posted]


def verified(peers: Sequence[Peer], database_url: str, asked: Sequence[Workload]) -> dict[tuple[str, str], int]:
    """Return the statements of each peer's requests. Ends the program where one answers other than the gateway."""
    statements = {}
    with running(GATEWAY, database_url) as (_, ours), client(ours) as gateway:
        for peer in peers:
            with wiretap(database_url) as (tap, tapped), running(peer, tapped) as (_, port), client(port) as theirs:
                for mine, workload in zip(asked, asked_of(peer, asked), strict=True):
                    for _ in range(WARM_UP_ROUNDS):
                        answers(theirs, workload)
                    before = tap.statements
                    found = answers(theirs, workload)
                    statements[peer.name, mine.name] = round((tap.statements - before) / len(found))
                    if wrong := difference(answers(gateway, mine), found):
                        raise SystemExit(f"{peer.name} answers {mine.name} differently: {wrong}")
            print(f"{peer.name}: the same answers", flush=True)
    return statements


def tree(process: psutil.Process) -> list[psutil.Process]:
    """Return a server's processes."""
    return [process, *process.children(recursive=True)]


def cpu(process: psutil.Process) -> float:
    """Return the seconds of CPU that a server has used."""
    return float(sum(sum(each.cpu_times()[:2]) for each in tree(process)))


def memory(process: psutil.Process) -> float:
    """Return the megabytes that a server holds."""
    return float(sum(each.memory_info().rss for each in tree(process)) / 1e6)


def one_round(process: psutil.Process, port: int, bodies: list[bytes], seconds: float) -> Round:
    """Ask one server one workload's requests for a while."""
    requests = [request(port, token(), body) for body in bodies]
    before = cpu(process)
    elapsed, latencies = load(port, requests, connections=CONNECTIONS, seconds=seconds)
    return Round((cpu(process) - before) / len(latencies), len(latencies) / elapsed, latencies)


def measure(database_url: str, peers: Sequence[Peer], rounds: int, seconds: float) -> list[Measured]:
    """Verify and measure all peers; a Measured for each peer and workload."""
    asked = workloads(database_url, BIG_ORGANIZATION)
    statements = verified(peers, database_url, asked)
    done: dict[tuple[str, str], list[Round]] = defaultdict(list)
    held: dict[str, float] = defaultdict(float)
    with ExitStack() as stack:
        servers = [(peer, *stack.enter_context(running(peer, database_url))) for peer in peers]
        for turn in range(rounds + 1):
            for at, workload in enumerate(asked):
                for peer, process, port in servers:
                    bodies = asked_of(peer, asked)[at].bodies()
                    result = one_round(process, port, bodies, seconds)
                    held[peer.name] = max(held[peer.name], memory(process))
                    if turn:  # the first warms everything up
                        done[peer.name, workload.name].append(result)
            servers.append(servers.pop(0))  # nobody is always behind the same neighbour
            print(f"round {turn} of {rounds}", flush=True)
    return [
        summary(peer, workload, done[peer.name, workload.name], statements[peer.name, workload.name], held[peer.name])
        for peer in peers
        for workload in asked
    ]


def summary(peer: Peer, workload: Workload, rounds: list[Round], statements: int, megabytes: float) -> Measured:
    """Return the medians of the rounds, and the percentiles of all their requests."""
    waited = statistics.quantiles((each for done in rounds for each in done.latencies), n=100)
    return Measured(
        peer.name,
        workload.name,
        cpu=statistics.median(done.cpu for done in rounds) * 1000,
        rate=statistics.median(done.rate for done in rounds),
        p50=waited[49] * 1000,
        p99=waited[98] * 1000,
        statements=statements,
        megabytes=megabytes,
    )


def main() -> None:
    """Read the command line, compare, print."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # servers are stopped whatever ends this program
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("database_url", nargs="?")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--only", nargs="+", help="peers whose name holds one of these words")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    peers = [peer for peer in install() if not options.only or any(word in peer.name for word in options.only)]
    with seeded(options.database_url) as url:
        results = measure(url, peers, options.rounds, options.seconds)
    written = table(results, peers)
    print(written)
    if options.write:
        (HERE / "results.md").write_text(written)
        (HERE / "results.svg").write_text(picture(results))


if __name__ == "__main__":
    main()
