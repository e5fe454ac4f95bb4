"""Gateways are told to stop, are killed, and lose a worker or an import, while they are written to and read."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import httpx
import psutil
import psycopg
import pytest

from tests.support.chaos.cluster import Cluster
from tests.support.chaos.load import Load
from tests.support.chaos.processes import Gateway, await_status, proxy, running
from tests.support.organization import Organization
from tests.support.socket import acknowledged
from tests.support.stream import streamed
from tests.support.transferred import conversation, lead, lines, message

LONG = pytest.mark.long
WATCH = "subscription { messageAdded { message { id } } }"


def workers(gateway: Gateway) -> list[psutil.Process]:
    alive = [each for each in psutil.Process(gateway.process.pid).children() if each.status() != psutil.STATUS_ZOMBIE]
    return [child for child in alive if "spawn_main" in " ".join(child.cmdline())]


def test_a_gateway_that_is_told_to_stop(cluster: Cluster, inside: psycopg.Connection) -> None:
    gateway = Gateway(cluster.url, DRAIN=1)
    with (
        running(gateway),
        Organization(inside, gateway.url) as organization,
        ThreadPoolExecutor(1) as threads,
        acknowledged(organization) as socket,
        streamed(organization, WATCH) as stream,
    ):
        socket.subscribe(WATCH)
        stream.any()
        with inside.transaction():
            inside.execute("LOCK TABLE leads")
            slow = threads.submit(organization.http.get, "/api/v1/leads")
            gateway.process.send_signal(signal.SIGTERM)
            ready = await_status(f"{gateway.url}/readyz", 503)
            answer = httpx.get(f"{gateway.url}/readyz")
            assert answer.json()["reason"] == "the gateway is about to stop"
            assert answer.headers["Connection"] == "close"
            assert organization.graphql("{ conversations { nodes { id } } }")["conversations"] == {"nodes": []}
            assert socket.closed() == 1001
            with pytest.raises(StopIteration):  # it ends, and is not complete
                stream.next()
            assert gateway.process.poll() is None
        assert slow.result().status_code == 200
        told = gateway.told()
        assert gateway.process.returncode in {0, -signal.SIGTERM}
        assert "error" not in told.lower(), told
    print(f"\nSIGTERM: not ready after {ready:.2f} s, the running request finished, socket 1001, stream ended: lost 0")


@LONG
@pytest.mark.parametrize(
    ("program", "times"),
    [("haproxy", 5), ("nginx", 5)],
)
def test_two_gateways_behind_a_proxy_are_restarted_one_by_one(
    cluster: Cluster, inside: psycopg.Connection, tmp_path: Path, program: str, times: int
) -> None:
    gateways = [Gateway(cluster.url, DRAIN=3) for _ in range(2)]
    with running(*gateways), proxy(program, tmp_path, gateways) as url, Load(url, inside) as load:
        for gateway in gateways * times:
            load.await_acknowledged(30)
            gateway.process.terminate()
            gateway.told()
            gateway.start()
            time.sleep(1)  # the proxy looks, too
        load.await_acknowledged(30)
    load.check(inside, f"Two gateways behind {program} restarted {times} times each")
    assert load.statuses.keys() <= {"200", "201"}, load.statuses


@LONG
@pytest.mark.parametrize("times", [10])
def test_a_gateway_is_killed(cluster: Cluster, inside: psycopg.Connection, times: int) -> None:
    gateway = Gateway(cluster.url)
    with running(gateway), Load(gateway.url, inside) as load:
        for _ in range(times):
            load.await_acknowledged(30)
            gateway.process.kill()
            gateway.told()
            gateway.start()
        load.await_acknowledged(30)
    load.check(inside, f"SIGKILL to the gateway {times} times")


@LONG
@pytest.mark.parametrize("times", [10])
def test_a_worker_is_killed(cluster: Cluster, inside: psycopg.Connection, times: int) -> None:
    gateway, took = Gateway(cluster.url, workers=2), []
    with running(gateway), Load(gateway.url, inside) as load:
        for number in range(times):
            load.await_acknowledged(30)
            before = await_two(gateway)
            before[number % 2].kill()
            started = time.monotonic()
            while before[number % 2].pid in {each.pid for each in await_two(gateway)}:
                time.sleep(0.02)
            took.append(time.monotonic() - started)
        load.await_acknowledged(30)
    load.check(inside, f"SIGKILL to one of two workers {times} times", replaced=f"{max(took):.2f} s")


def await_two(gateway: Gateway) -> list[psutil.Process]:
    until = time.monotonic() + 30
    while len(found := workers(gateway)) != 2:
        assert time.monotonic() < until
        time.sleep(0.02)
    return found


@contextmanager
def importing(cluster: Cluster, organization: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "gateway", "import", "-", "--organization", organization]
    root = Path(__file__).parents[2]
    environment = {**os.environ, "GATEWAY_DATABASE_URL": cluster.url, "PYTHONPATH": f"{root}{os.pathsep}{root}/graphql"}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as process:
        yield process


@pytest.mark.parametrize("number", [signal.SIGKILL, pytest.param(signal.SIGTERM, marks=LONG)])
def test_an_import_is_killed_halfway(cluster: Cluster, inside: psycopg.Connection, number: signal.Signals) -> None:
    organization = str(uuid4())
    jane = lead()
    thread = conversation(jane)
    records = b"".join(lines(jane, thread, *(message(thread, content="x" * 50_000) for _ in range(500))))
    with importing(cluster, organization) as process:
        assert process.stdin
        process.stdin.write(records)  # two chunks of it are stored by now
        process.stdin.flush()
        process.send_signal(number)
    count = "SELECT count(*) FROM messages WHERE organization_id = %s"
    assert inside.execute(count, [organization]).fetchone() == (0,)
    with importing(cluster, organization) as process:
        assert process.communicate(records)[0] == b"502 records read, 502 of them new or changed.\n"
    assert inside.execute(count, [organization]).fetchone() == (500,)
    print(f"\nImport of 25 MB ended halfway by {number.name}: 0 rows left, then imported whole")
