"""What row security costs: each workload with it and without, in turns, in one process.

    python -m bench.row_security [DATABASE_URL] [--requests N]

The URL is the owner's, who may make a role. What is printed is CPU in microseconds a request, the median of rounds: of
this process, without HTTP, and of the two PostgreSQL processes that answer it.
"""

import argparse
import gc
import statistics
import time
from collections.abc import Callable
from itertools import cycle
from typing import Any

import psutil
import psycopg
import uvloop

from bench.compare import token
from bench.peers.servers import SECRET
from bench.peers.workloads import Workload, workloads
from bench.requests import cpu
from bench.seed import BIG_ORGANIZATION, seeded
from gateway.auth import Authenticator
from gateway.budget import Budget
from gateway.database.migrate import migrate
from gateway.database.pool import Database
from gateway.embedded import create_role
from gateway.http.draining import Drain
from gateway.settings import Settings
from gateway_graphql.operation import Operation
from gateway_graphql.service import Service

ROLE = "bench_gateway"
ROUNDS = 9


class Mode:
    """A gateway without its HTTP, and how to ask it."""

    def __init__(self, url: str, *, row_security: bool) -> None:
        self.settings = Settings(database_url=url, row_security=row_security, jwt_secret=SECRET, _env_file=None)
        self.database = Database(url, size=1, timeout=5, statement_timeout=10, row_security=row_security)
        self._authenticator = Authenticator(self.settings)
        self._service = Service(self.settings, self._authenticator, self.database, Budget(None), Drain(0))

    async def ask(self, workload: Workload, requests: int) -> int:
        """Ask as many times; answer how many statements each request took."""
        viewer = await self._authenticator.viewer(f"Bearer {token()}")
        turns = cycle([Operation(workload.document, None, variables) for variables in workload.variables])
        statements = 0
        for _ in range(requests):
            context = self._service.context(viewer)
            answer = await self._service.execute(next(turns), context)
            assert not answer.errors, answer.errors
            assert answer.json
            statements = context.tenant.statements
        return statements


def backend(url: str, user: str) -> psutil.Process:
    """The PostgreSQL process that answers a mode's only connection."""
    query = "SELECT pid FROM pg_stat_activity WHERE application_name = 'conversations-gateway' AND usename = %s"
    with psycopg.connect(url) as connection:
        row = connection.execute(query, (user,)).fetchone()
    assert row is not None
    return psutil.Process(row[0])


async def measure(url: str, requests: int, tell: Callable[[str], object]) -> None:
    """Print a row for each workload."""
    walled_url = create_role(url, ROLE)
    migrate(url, ROLE)
    modes = {"without": Mode(url, row_security=False), "with": Mode(walled_url, row_security=True)}
    with psycopg.connect(url) as connection:
        users = {"without": connection.info.user, "with": ROLE}
    gc.freeze()
    tell("| microseconds a request | statements | without | with | PostgreSQL, without | with |")
    tell("| --- | ---: | ---: | ---: | ---: | ---: |")
    for mode in modes.values():
        await mode.database.open()
    for workload in workloads(url, BIG_ORGANIZATION):
        found: dict[str, list[tuple[float, float]]] = {name: [] for name in modes}
        statements = 0
        for turn in range(ROUNDS + 1):
            for name, mode in modes.items():
                statements = await mode.ask(workload, 10)  # opens the connection, and warms it up
                server = backend(url, users[name])
                before, server_before = time.process_time(), cpu(server)
                await mode.ask(workload, requests)
                if turn:
                    found[name].append((time.process_time() - before, cpu(server) - server_before))
        medians: Any = {name: [statistics.median(each) for each in zip(*found[name], strict=True)] for name in modes}
        cells = [f"{medians[name][at] / requests * 1e6:.0f}" for at in (0, 1) for name in modes]
        tell(f"| {workload.name} | {statements} | {' | '.join(cells)} |")
    for mode in modes.values():
        await mode.database.close()


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("database_url", nargs="?")
    parser.add_argument("--requests", type=int, default=500)
    options = parser.parse_args()
    with seeded(options.database_url) as url:
        uvloop.run(measure(url, options.requests, print))


if __name__ == "__main__":
    main()
