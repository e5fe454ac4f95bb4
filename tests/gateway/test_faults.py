"""What the database does to those who ask: locked, full, read-only, slow or silent, seen through both interfaces."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest

from gateway.database.migrate import migrate
from gateway.embedded import create_database
from gateway.settings import Settings
from tests.support.organization import SECRET, Organization
from tests.support.road import Road
from tests.support.server import serving

WRITE = 'mutation { addMessage(input: {conversationId: "%s", role: USER, content: "hello"}) { message { id } } }'
AFTER_INSERTS = """
CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {} RETURN NEW; END $$;
CREATE TRIGGER fail BEFORE INSERT OR UPDATE ON leads FOR EACH ROW EXECUTE FUNCTION fail();
CREATE TRIGGER fail BEFORE INSERT ON messages FOR EACH ROW EXECUTE FUNCTION fail();
"""


class Place(NamedTuple):
    """A database of its own, a gateway in front of it, and what to ask for."""

    connection: psycopg.Connection
    name: str
    road: Road
    organization: Organization
    conversation_id: UUID

    def get(self, path: str) -> httpx.Response:
        return self.organization.http.get(path)

    def reconnect(self) -> None:
        """Break all connections, and give the gateway a moment to notice: a write on a broken one fails."""
        self.road.cut()
        time.sleep(0.2)

    def reads(self) -> list[httpx.Response]:
        """What REST and GraphQL answer to a read."""
        query = {"query": "{ conversations { nodes { id } } }"}
        http = self.organization.http
        return [http.get("/api/v1/conversations"), http.post("/graphql", json=query)]

    def writes(self) -> list[httpx.Response]:
        """What they answer to a write."""
        query = {"query": WRITE % self.conversation_id}
        http = self.organization.http
        return [http.post("/api/v1/leads", json={"name": "Jane"}), http.post("/graphql", json=query)]


@pytest.fixture
def place(connection: psycopg.Connection, database_url: str) -> Iterator[Place]:
    name = f"faults_{uuid4().hex}"
    create_database(connection, name)
    url = urlsplit(database_url)._replace(path=f"/{name}").geturl()
    migrate(url)
    with (
        psycopg.connect(url, autocommit=True) as own,
        Road(url) as road,
        serving(
            Settings(
                database_url=road.url,
                pool_size=2,
                pool_timeout=1,
                statement_timeout=0.6,
                lock_timeout=0.2,
                jwt_secret=SECRET,
                _env_file=None,
            )
        ) as gateway_url,
        Organization(own, gateway_url) as organization,
    ):
        yield Place(own, name, road, organization, organization.conversation())


def good(answers: list[httpx.Response]) -> bool:
    return [answer.status_code for answer in answers] in ([200, 200], [201, 200])


def check_unavailable(answers: list[httpx.Response]) -> None:
    """Check that REST and GraphQL both say that the same may work later, and nothing of why."""
    rest, graphql = answers
    detail = {"detail": "The database is not available. Try again later."}
    assert (rest.status_code, rest.json()) == (503, detail)
    assert graphql.status_code == 503
    (error,) = graphql.json()["errors"]
    assert error["extensions"] == {"code": "SERVICE_UNAVAILABLE"}
    assert {int(answer.headers["Retry-After"]) for answer in answers} == {1}


def check_health(place: Place, reason: str | None) -> None:
    assert place.get("/healthz").status_code == 200
    ready = place.get("/readyz")
    assert (ready.status_code, ready.json().get("reason")) == (503 if reason else 200, reason)


@contextmanager
def locked(place: Place, *tables: str) -> Iterator[None]:
    with place.connection.transaction():
        place.connection.execute(f"LOCK TABLE {', '.join(tables)}".encode())
        yield


def test_rows_that_somebody_else_has_locked(place: Place) -> None:
    with locked(place, "leads", "conversations", "messages"):
        check_unavailable(place.reads())
        check_unavailable(place.writes())
        check_health(place, None)
    assert good(place.reads())
    assert good(place.writes())


def test_a_database_that_takes_no_writes(place: Place) -> None:
    assert good(place.writes())
    place.connection.execute(f"ALTER DATABASE {place.name} SET default_transaction_read_only = on".encode())
    place.reconnect()
    check_unavailable(place.writes())
    assert good(place.reads())
    check_health(place, "the database is read-only")
    place.connection.execute(f"ALTER DATABASE {place.name} RESET default_transaction_read_only".encode())
    place.reconnect()
    assert good(place.writes())
    check_health(place, None)


def test_a_disk_that_is_full(place: Place) -> None:
    place.connection.execute(AFTER_INSERTS.format("RAISE EXCEPTION SQLSTATE '53100';").encode())
    check_unavailable(place.writes())
    assert good(place.reads())
    check_health(place, "the database's disk is full")
    place.connection.execute("DROP FUNCTION fail CASCADE")
    assert good(place.writes())


def test_a_statement_that_hangs(place: Place) -> None:
    place.connection.execute(AFTER_INSERTS.format("PERFORM pg_sleep(30);").encode())
    rest, graphql = place.writes()
    assert (rest.status_code, rest.json()) == (504, {"detail": "This took longer than it may."})
    assert graphql.status_code == 504
    assert graphql.json()["errors"][0]["extensions"] == {"code": "TIMEOUT"}
    assert good(place.reads())
    check_health(place, None)
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND wait_event = 'PgSleep'"
    assert place.connection.execute(waiting, [place.name]).fetchone() == (0,)


def test_a_network_that_falls_silent(place: Place) -> None:
    assert good(place.reads())
    place.road.silence()
    check_unavailable(place.reads())
    check_unavailable(place.writes())
    check_health(place, "the database does not answer")
    place.road.close()
    check_unavailable(place.reads())
    place.road.open()
    assert good(place.writes())
    check_health(place, None)
