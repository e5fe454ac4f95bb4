"""Replicas, by real streaming replication: what they are asked, and when they are not."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import httpx
import psycopg
import pytest
from sqlalchemy import Float, Text, bindparam, func, literal_column, select

from gateway.database.errors import DatabaseUnavailable
from gateway.database.migrate import migrate
from gateway.database.pool import Database
from gateway.database.replicas import Replicated
from gateway.database.results import NoAnswer
from gateway.database.statements import Statement, scalar
from gateway.database.tenant import Tenant
from tests.support.chaos.processes import Gateway, running
from tests.support.organization import Organization
from tests.support.replication import DATABASE, Server, replicated
from tests.support.socket import acknowledged
from tests.support.waiting import until

LAG = 1.0
RENAME = """mutation ($id: ID!, $name: String!) {
    updateLead(input: {id: $id, name: $name}) { lead { name conversations { totalCount } } userErrors { code } } }"""
NAME = "query ($id: ID!) { lead(id: $id) { name } }"


class Setting:
    """A gateway before a primary and two replicas, and an organization with a lead."""

    def __init__(self, servers: list[Server], organization: Organization) -> None:
        self.primary, *self.replicas = servers
        self.organization = organization
        self.lead = str(organization.lead(name="Jane"))

    def name(self, **headers: str) -> str:
        """What the lead is called, as the gateway tells it."""
        asked = {"query": NAME, "variables": {"id": self.lead}}
        answer = self.organization.http.post("/graphql", json=asked, headers=headers).json()
        return str(answer["data"]["lead"]["name"])

    def rename(self, name: str) -> httpx.Response:
        """Change the lead's name through the gateway."""
        asked = {"query": RENAME, "variables": {"id": self.lead, "name": name}}
        answer = self.organization.http.post("/graphql", json=asked)
        assert answer.json()["data"]["updateLead"]["lead"]["name"] == name, answer.text
        self.organization.http.cookies.clear()
        return answer

    def asked(self) -> int:
        """How many replicas are asked, as the gateway last told."""
        told = re.search(r"^gateway_replicas (\d)", self.organization.http.get("/metrics").text, re.MULTILINE)
        assert told is not None
        return int(told[1])

    def changed(self, name: str) -> None:
        """Change the lead's name as another program does."""
        self.organization.sql("UPDATE leads SET name = %s WHERE organization_id = %s", name, self.organization.id)


@contextmanager
def paused(*replicas: Server) -> Iterator[None]:
    """Replicas that are sent everything, and apply nothing."""
    for replica in replicas:
        replica.execute("SELECT pg_wal_replay_pause()")
    until(lambda: all(each.execute("SELECT pg_get_wal_replay_pause_state()") == [("paused",)] for each in replicas))
    try:
        yield
    finally:
        for replica in replicas:
            replica.execute("SELECT pg_wal_replay_resume()")


@pytest.fixture(scope="module")
def servers() -> Iterator[list[Server]]:
    with replicated(2) as servers:
        migrate(servers[0].url)
        yield servers


@pytest.fixture(scope="module")
def url(servers: list[Server]) -> Iterator[str]:
    # A process of its own: the metrics of several gateways in one are the same.
    replica_urls = " ".join(server.url for server in servers[1:])
    gateway = Gateway(servers[0].url, REPLICA_URLS=replica_urls, REPLICA_LAG=LAG, POOL_TIMEOUT=2)
    with running(gateway):
        yield gateway.url


@pytest.fixture
def setting(servers: list[Server], url: str) -> Iterator[Setting]:
    """Rows that the replicas have; and all replicas are asked."""
    with (
        psycopg.connect(servers[0].url, autocommit=True) as connection,
        Organization(connection, url) as organization,
    ):
        setting = Setting(servers, organization)
        until(lambda: all(row_of(each, setting) for each in servers))
        until(lambda: setting.asked() == 2)  # whoever was left out comes back
        yield setting


def row_of(server: Server, setting: Setting) -> object:
    return server.execute(f"SELECT name FROM leads WHERE id = '{setting.lead}'", database=DATABASE)


def test_reads_go_to_replicas_until_they_are_too_far_behind(setting: Setting) -> None:
    with paused(*setting.replicas):
        setting.changed("Joan")
        assert {setting.name() for _ in range(4)} == {"Jane"}
        until(lambda: setting.name() == "Joan")
        until(lambda: setting.asked() == 0)
        assert {setting.name() for _ in range(4)} == {"Joan"}
    until(lambda: setting.asked() == 2)
    with paused(*setting.replicas):
        setting.changed("Jean")
        assert {setting.name() for _ in range(4)} == {"Joan"}


def test_one_that_lags_leaves_reads_to_the_other(setting: Setting) -> None:
    with paused(setting.replicas[0]):
        setting.changed("Joan")
        until(lambda: {setting.name() for _ in range(10)} == {"Joan"})


def test_who_writes_sees_it(setting: Setting) -> None:
    with paused(*setting.replicas):
        answer = setting.rename("Joan")
        token = answer.headers["x-consistency-token"]
        cookie = answer.headers["set-cookie"].partition(";")[0]
        assert cookie == f"gateway-consistency={token}"
        assert "X-Consistency-Token" not in setting.organization.http.get("/api/v1/leads").headers
        for _ in range(3):
            assert setting.name() == "Jane"
            assert setting.name(**{"X-Consistency-Token": token}) == "Joan"
            assert setting.name(Cookie=f"other=1; {cookie}; more=2") == "Joan"
        for nonsense in ("", "no token", "-1", "F" * 16, f"{token} {token}"):
            assert setting.name(**{"X-Consistency-Token": nonsense}) == "Jane"
            assert setting.name(Cookie=f"gateway-consistency={nonsense}") == "Jane"
    until(lambda: setting.name() == "Joan")


def test_who_writes_by_rest_sees_it(setting: Setting) -> None:
    with paused(*setting.replicas):
        answer = setting.organization.http.patch(f"/api/v1/leads/{setting.lead}", json={"name": "Joan"})
        assert answer.json()["name"] == "Joan"
        again = setting.organization.http.get(f"/api/v1/leads/{setting.lead}")  # httpx brings the cookie
        assert again.json()["name"] == "Joan"
        setting.organization.http.cookies.clear()
        assert setting.organization.http.get(f"/api/v1/leads/{setting.lead}").json()["name"] == "Jane"


def test_whoever_writes_through_a_socket_sees_it_there(setting: Setting) -> None:
    with paused(*setting.replicas), acknowledged(setting.organization) as socket:
        assert socket.data(NAME, id=setting.lead)["lead"]["name"] == "Jane"
        socket.data(RENAME, id=setting.lead, name="Joan")
        assert socket.data(NAME, id=setting.lead)["lead"]["name"] == "Joan"


def test_an_event_comes_with_what_hangs_on_it(setting: Setting) -> None:
    watch = "subscription { messageAdded { message { content conversation { lead { name } } } } }"
    with acknowledged(setting.organization) as socket:
        id = socket.subscribe(watch)
        socket.settle()
        with paused(*setting.replicas):
            setting.organization.message(setting.organization.conversation(setting.organization.lead(name="New")))
            message = socket.next(id)["messageAdded"]["message"]
    assert message["conversation"]["lead"]["name"] == "New"


def test_one_that_dies_is_not_missed_and_comes_back(setting: Setting) -> None:
    first, second = setting.replicas
    first.stop()
    assert [setting.name() for _ in range(6)] == ["Jane"] * 6
    second.stop()
    assert [setting.name() for _ in range(6)] == ["Jane"] * 6
    until(lambda: setting.asked() == 0)
    first.start()
    until(lambda: setting.asked() == 1)
    with paused(first):
        setting.changed("Joan")
        assert setting.name() == "Jane"
    second.start()


def test_a_primary_that_dies_leaves_its_readers(setting: Setting) -> None:
    setting.primary.stop()
    try:
        assert [setting.name() for _ in range(6)] == ["Jane"] * 6
        asked = {"query": RENAME, "variables": {"id": setting.lead, "name": "Joan"}}
        answer = setting.organization.http.post("/graphql", json=asked)
        assert answer.json()["errors"][0]["extensions"]["code"] == "SERVICE_UNAVAILABLE"
    finally:
        setting.primary.start()


async def test_a_server_that_crashes_is_known_to_be_gone_at_once(servers: list[Server]) -> None:
    crashing = servers[2]
    database = Database(crashing.url, size=1, timeout=1, statement_timeout=30)
    await database.open()
    try:
        while not database.load.connections:  # noqa: ASYNC110 (the pool has no event for it)
            await asyncio.sleep(0.01)
        crashing.stop()
        with pytest.raises(DatabaseUnavailable) as raised:
            await database.run(Statement(select(literal_column("1")), scalar), {})
        assert not isinstance(raised.value.__cause__, NoAnswer)
    finally:
        crashing.start()
        await database.close()


async def test_an_organization_that_keeps_a_replica_busy_leaves_it_to_others(setting: Setting) -> None:
    url = setting.replicas[0].url
    database = Replicated(setting.primary.url, [url], longest_lag=5, size=2, timeout=0.2, statement_timeout=30)
    where = Statement[bool](
        select(literal_column("pg_is_in_recovery()"), func.pg_sleep(bindparam("seconds", type_=Float)).cast(Text)),
        scalar,
    )
    busy, other = Tenant(database, uuid4()), Tenant(database, uuid4())
    await database.open()
    try:
        while not database.load.replicas:  # noqa: ASYNC110 (it has no event for it)
            await asyncio.sleep(0.01)
        sleeping = asyncio.create_task(busy.all(where, seconds=1.0))
        await asyncio.sleep(0)
        # Its share of a replica's two connections is one. The primary has one for it, too.
        assert await busy.all(where, seconds=0.0) == [False]
        assert [await other.all(where, seconds=0.0) for _ in range(3)] == [[True]] * 3
        assert not sleeping.done()
        assert await sleeping == [True]
    finally:
        await database.close()


async def test_what_a_replica_breaks_off_is_answered_by_the_primary(setting: Setting) -> None:
    """It has to apply that rows are gone which a read may still see, and its patience is at an end."""
    replica = setting.replicas[0]
    replica.execute("ALTER SYSTEM SET max_standby_streaming_delay = 0", "SELECT pg_reload_conf()")
    database = Replicated(setting.primary.url, [replica.url], longest_lag=5, size=2, timeout=2, statement_timeout=30)
    reads = Statement[bool](
        select(literal_column("pg_is_in_recovery()"), literal_column("pg_sleep(0.5)::text")), scalar
    )
    await database.open()
    try:
        while not database.load.replicas:  # noqa: ASYNC110 (it has no event for it)
            await asyncio.sleep(0.01)
        assert await database.run(reads, {}) == [True]
        reading = asyncio.create_task(database.run(reads, {}))
        await asyncio.sleep(0.1)
        gone = f"DELETE FROM leads WHERE id = '{setting.lead}'"
        await asyncio.to_thread(setting.primary.execute, gone, "VACUUM leads", database=DATABASE)
        assert await reading == [False]
    finally:
        await database.close()
        replica.execute("ALTER SYSTEM RESET max_standby_streaming_delay", "SELECT pg_reload_conf()")
