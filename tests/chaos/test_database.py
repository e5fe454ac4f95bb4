"""The database dies, is cut off, falls silent and moves, while it is written to and read."""

import itertools
import time

import httpx
import psycopg
import pytest

from tests.support.chaos.cluster import Cluster
from tests.support.chaos.load import Load
from tests.support.chaos.processes import Gateway, await_status, running
from tests.support.chaos.standbys import Standbys
from tests.support.replication import replicated

LONG = pytest.mark.long
CUT = (
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
    " WHERE application_name LIKE 'conversations-gateway%' AND pid != pg_backend_pid()"
)


def check_is_away(gateway: Gateway) -> None:
    await_status(f"{gateway.url}/readyz", 503)
    assert httpx.get(f"{gateway.url}/healthz").status_code == 200


@pytest.mark.parametrize("times", [1, pytest.param(5, marks=LONG)])
def test_the_server_is_killed_and_started_again(cluster: Cluster, times: int) -> None:
    gateway, took = Gateway(cluster.url, POOL_TIMEOUT=2), []
    with cluster.connect() as connection:
        load = Load(gateway.url, connection)
    with running(gateway), load:
        for _ in range(times):
            load.await_acknowledged(50)
            cluster.kill()
            check_is_away(gateway)
            cluster.start()
            took.append(load.await_acknowledged())
        assert await_status(f"{gateway.url}/readyz", 200) < 10
    with cluster.connect() as connection:
        load.check(connection, f"PostgreSQL killed {times} times", recovery=f"{max(took):.2f} s")


@pytest.mark.parametrize("times", [5, pytest.param(100, marks=LONG)])
def test_connections_are_ended_in_the_middle_of_statements(
    cluster: Cluster, inside: psycopg.Connection, times: int
) -> None:
    gateway = Gateway(cluster.url)
    ended = 0
    with running(gateway), Load(gateway.url, inside) as load:
        for way in itertools.islice(itertools.cycle(["server", "network"]), times):
            load.await_acknowledged(5)
            if way == "network":
                cluster.road.cut()
            else:
                [(count,)] = inside.execute(CUT)
                ended += count
        load.await_acknowledged(20)
    load.check(inside, f"Connections ended by the server ({ended}) and cut in the network ({times // 2} times)")


@LONG
@pytest.mark.parametrize("seconds", [3, 20])
def test_the_network_falls_silent(cluster: Cluster, inside: psycopg.Connection, seconds: int) -> None:
    gateway = Gateway(cluster.url, POOL_TIMEOUT=2, STATEMENT_TIMEOUT=3)
    with running(gateway), Load(gateway.url, inside) as load:
        load.await_acknowledged(50)
        cluster.road.silence()
        check_is_away(gateway)
        time.sleep(seconds)
        cluster.road.cut()
        cluster.road.speak()
        took = load.await_acknowledged()
        await_status(f"{gateway.url}/readyz", 200)
    assert load.longest < 15
    load.check(inside, f"Nothing goes through for {seconds} s", recovery=f"{took:.2f} s")


@LONG
def test_the_database_moves_to_another_address(cluster: Cluster, inside: psycopg.Connection) -> None:
    path = cluster.url.rpartition("/")[2]
    with type(cluster.road)(cluster.own_url) as other:
        other.close()
        url = f"postgresql://postgres@{cluster.road.address},{other.address}/{path}&target_session_attrs=read-write"
        gateway, took = Gateway(url, POOL_TIMEOUT=2), []
        with running(gateway), Load(gateway.url, inside) as load:
            for here, there in [(cluster.road, other), (other, cluster.road)] * 3:
                load.await_acknowledged(50)
                here.close()
                there.open()
                took.append(load.await_acknowledged())
            load.await_acknowledged(20)
    load.check(inside, "Moved to another address 6 times", recovery=f"{max(took):.2f} s")


@LONG
def test_a_standby_takes_over() -> None:
    with replicated(2) as servers:
        standbys, told = Standbys(servers), list[str]()
        with standbys.connect() as connection:
            load = Load(standbys.gateway.url, connection)
        with running(standbys.gateway), load:
            for happens in standbys.faults(load):
                load.await_acknowledged(50)
                told.append(happens())
            load.await_acknowledged(50)
            await_status(f"{standbys.gateway.url}/readyz", 200)
        with standbys.connect() as connection:
            load.check(connection, f"A primary and two replicas: {', '.join(told)}")
