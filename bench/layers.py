"""Where a request's CPU goes: each workload run at deeper and deeper layers of one process; differences are the shares.

    python -m bench.layers [DATABASE_URL] [--requests N]

A profiler would charge Python's function calls for being watched, and a sampled one counts the time that a process
waits for a core. What is printed is the process's own CPU, in microseconds a request, the median of rounds.
"""

import argparse
import asyncio
import gc
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import cycle
from typing import Any

import uvloop
from starlette.applications import Starlette

from bench.compare import CONNECTIONS, one_round, token
from bench.peers.servers import GATEWAY, SECRET, running
from bench.peers.workloads import Workload, workloads
from bench.seed import BIG_ORGANIZATION, seeded
from gateway.app import create_app
from gateway.auth import Authenticator, Viewer
from gateway.budget import Budget
from gateway.database.allowance import UNLIMITED, Allowance
from gateway.database.pool import Database
from gateway.database.statements import Row, Statement
from gateway.http.draining import Drain
from gateway.settings import Settings
from gateway_graphql.answers import to_json
from gateway_graphql.operation import Operation
from gateway_graphql.service import Service

ROUNDS = 9
LAYERS = (
    "the database client",
    "the pool, around it",
    "documents, cost, levelwise, resolvers",
    "JSON",
    "endpoint, token, middleware",
    "HTTP: uvicorn and the socket",
)
Run = Callable[[], Awaitable[object]]


class _Recorder(Database):
    """Remembers the statements of the first operation."""

    ran: list[tuple[Statement[Any], Mapping[str, object]]]
    records = False

    async def run(
        self, statement: Statement[Row], parameters: Mapping[str, object], allowance: Allowance = UNLIMITED
    ) -> list[Row]:
        if self.records:
            self.ran.append((statement, parameters))
        return await super().run(statement, parameters, allowance)


async def cpu(runs: Sequence[Run], requests: int) -> list[float]:
    """Return microseconds of this process's CPU a request, of each."""
    spent = []
    for run in runs:
        before = time.process_time()
        await asyncio.gather(*(repeated(run, requests // CONNECTIONS) for _ in range(CONNECTIONS)))
        spent.append((time.process_time() - before) / (requests // CONNECTIONS * CONNECTIONS) * 1e6)
    return spent


async def repeated(run: Run, times: int) -> None:
    """Run one after another, as a connection's requests are."""
    for _ in range(times):
        await run()


class Layers:
    """The gateway's rooms, put together as its application does it."""

    def __init__(self, settings: Settings) -> None:
        self.database = _Recorder(settings.database_url, size=2 * CONNECTIONS, timeout=5, statement_timeout=10)
        authenticator = Authenticator(settings)
        self.service = Service(settings, authenticator, self.database, Budget(None), Drain(0))
        self._viewer = authenticator.viewer(f"Bearer {token()}")
        self.viewer: Viewer

    async def open(self) -> None:
        await self.database.open()
        self.viewer = await self._viewer

    @asynccontextmanager
    async def runs(self, workload: Workload) -> AsyncIterator[Sequence[Run]]:
        """Yield what goes down to each layer: the client alone, with the pool, executed, and written as JSON."""
        turns = cycle([Operation(workload.document, None, variables) for variables in workload.variables])

        async def executed() -> Any:
            return await self.service.execute(next(turns), self.service.context(self.viewer))

        async def written() -> bytes:
            return to_json((await executed()).body)

        self.database.ran, self.database.records = [], True
        await executed()
        self.database.records, ran = False, self.database.ran

        async def pooled() -> None:
            for statement, parameters in ran:
                await Database.run(self.database, statement, parameters)

        async with AsyncExitStack() as stack:
            enter = stack.enter_async_context
            pool = self.database._pool  # noqa: SLF001 (below its only door)
            free = [await enter(pool.connection()) for _ in range(CONNECTIONS)]

            async def alone() -> None:
                connection = free.pop()
                for statement, parameters in ran:
                    await connection.rows(statement, parameters)
                free.append(connection)

            yield alone, pooled, executed, written


def asked_in_process(app: Starlette, workload: Workload) -> Run:
    """Make what asks the application without a server, one body after another."""
    bodies = cycle(workload.bodies())
    headers = [(b"authorization", f"Bearer {token()}".encode()), (b"content-type", b"application/json")]

    async def send(message: MutableMapping[str, Any]) -> None:
        assert message.get("status", 200) == 200

    async def run() -> None:
        body = next(bodies)

        async def receive() -> MutableMapping[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "path": "/graphql",
            "raw_path": b"/graphql",
            "root_path": "",
            "scheme": "http",
            "query_string": b"",
            "headers": [*headers, (b"content-length", b"%d" % len(body))],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 2),
            "state": {},
        }
        await app(scope, receive, send)

    return run


async def measure(settings: Settings, requests: int) -> dict[str, list[float]]:
    """Return the microseconds down to each layer, by workload: the medians of rounds in which all take turns."""
    layers, app = Layers(settings), create_app(settings)
    gc.collect()
    gc.freeze()  # as a process that serves does it
    await layers.open()
    found = {}
    with running(GATEWAY, settings.database_url) as (process, port):
        async with app.router.lifespan_context(app):
            for workload in workloads(settings.database_url, BIG_ORGANIZATION):
                rounds = []
                async with layers.runs(workload) as runs:
                    for _ in range(ROUNDS):
                        inside = await cpu([*runs, asked_in_process(app, workload)], requests)
                        served = await asyncio.to_thread(one_round, process, port, workload.bodies(), 0.5)
                        rounds.append([*inside, served.cpu * 1e6])
                found[workload.name] = [statistics.median(each) for each in zip(*rounds[1:], strict=True)]
    await layers.database.close()
    return found


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("database_url", nargs="?")
    parser.add_argument("--requests", type=int, default=400)
    options = parser.parse_args()
    with seeded(options.database_url) as url:
        settings = Settings(
            database_url=url, jwt_secret=SECRET, log_level="WARNING", pool_size=2 * CONNECTIONS, _env_file=None
        )
        found = uvloop.run(measure(settings, options.requests))
    print(f"| microseconds | {' | '.join(found)} |\n| --- |{' ---: |' * len(found)}")
    steps = {name: [0.0, *down] for name, down in found.items()}
    for at, layer in enumerate(LAYERS):
        cells = [f"{down[at + 1] - down[at]:.0f}" for down in steps.values()]
        print(f"| {' | '.join([layer, *cells])} |")
    print(f"| {' | '.join(['all', *(f'{down[-1]:.0f}' for down in steps.values())])} |")


if __name__ == "__main__":
    main()
