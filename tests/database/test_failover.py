"""Failover: a replica and then the primary crash, a replica is promoted, and nothing that was acknowledged is lost."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from uuid import uuid4

import httpx
import psycopg

from gateway.database.migrate import migrate
from gateway.settings import Settings
from tests.support.organization import SECRET, Organization
from tests.support.replication import DATABASE, by_progress, replicated
from tests.support.server import serving
from tests.support.waiting import until

SECONDS = 30
STOP_WAITING = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
CREATE = """mutation ($name: String!, $key: String!) {
    createLead(input: {name: $name, idempotencyKey: $key}) { lead { id } userErrors { code } } }"""


class Client:
    """Writes one lead after another, and tries again until each is acknowledged; reads its own."""

    def __init__(self, organization: Organization) -> None:
        self._organization = organization
        self.acknowledged: list[str] = []
        self.unread: list[str] = []
        self.over = threading.Event()

    def work(self) -> None:
        with self._organization.client() as http:
            for number in count():
                if self.over.is_set():
                    return
                name, key = f"lead {number}", str(uuid4())
                id = self._acknowledged(http, name, key)
                self.acknowledged.append(name)
                if not self._found(http, id):
                    self.unread.append(name)

    def _acknowledged(self, http: httpx.Client, name: str, key: str) -> str:
        asked = {"query": CREATE, "variables": {"name": name, "key": key}}
        while True:
            created = (http.post("/graphql", json=asked).json().get("data") or {}).get("createLead")
            if created:
                assert created["userErrors"] == []
                return str(created["lead"]["id"])
            time.sleep(0.05)

    def _found(self, http: httpx.Client, id: str) -> bool:
        while (answer := http.get(f"/api/v1/leads/{id}")).status_code not in {200, 404}:
            time.sleep(0.05)
        return answer.status_code == 200

    def goes_on(self, more: int = 20) -> None:
        """Wait until so many more leads are acknowledged."""
        until, end = len(self.acknowledged) + more, time.monotonic() + SECONDS
        while len(self.acknowledged) < until:
            assert time.monotonic() < end, "nothing is acknowledged any more"
            time.sleep(0.02)


@contextmanager
def working(client: Client) -> Iterator[Client]:
    thread = threading.Thread(target=client.work)
    thread.start()
    try:
        yield client
    finally:
        client.over.set()
        thread.join()


def test_what_is_not_known_to_be_kept_is_not_acknowledged() -> None:
    with replicated(0) as (server,):
        migrate(server.url)
        server.wait_for("nobody")  # who never says that he has it
        settings = Settings(database_url=server.url, jwt_secret=SECRET, _env_file=None)
        with (
            psycopg.connect(server.url, autocommit=True) as connection,
            serving(settings) as url,
            Organization(connection, url) as organization,
            ThreadPoolExecutor(1) as pool,
        ):
            asked = pool.submit(organization.http.post, "/api/v1/leads", json={"name": "Jane"})
            until(lambda: connection.execute(STOP_WAITING).fetchall())
            assert asked.result().status_code == 503


def test_nothing_acknowledged_is_lost() -> None:
    with replicated(2) as servers:
        primary, first, second = servers
        migrate(primary.url)
        # Whatever is acknowledged is on a replica as well.
        primary.wait_for("ANY 1 (*)")
        hosts = ",".join(f"127.0.0.1:{server.port}" for server in servers)
        settings = Settings(
            database_url=f"postgresql://postgres@{hosts}/{DATABASE}?target_session_attrs=read-write",
            replica_urls=" ".join(server.url for server in servers[1:]),
            pool_timeout=2,
            jwt_secret=SECRET,
            _env_file=None,
        )
        with (
            psycopg.connect(primary.url, autocommit=True) as connection,
            serving(settings) as url,
            Organization(connection, url) as organization,
            working(Client(organization)) as client,
        ):
            client.goes_on()
            second.stop()
            client.goes_on()
            second.start()
            client.goes_on()
            primary.stop()
            promoted, other = by_progress(first, second)
            promoted.promote()
            other.follow(promoted)
            client.goes_on()
        query = f"SELECT name FROM leads WHERE organization_id = '{organization.id}'"
        kept = [str(name) for (name,) in promoted.execute(query, database=DATABASE)]
    assert sorted(kept) == sorted(set(kept)), "a lead was created twice"
    assert set(client.acknowledged) - set(kept) == set()
    assert client.unread == []
