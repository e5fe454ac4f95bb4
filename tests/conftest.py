"""What every test stands on: a real PostgreSQL, a gateway that listens, and an organization of its own."""

import os
from collections.abc import AsyncIterator, Callable, Iterator
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest

from gateway.database.migrate import migrate
from gateway.database.pool import Database
from gateway.embedded import create_database, create_role, embedded_postgres
from gateway.settings import Settings
from tests.support.organization import ROLE, SECRET, Organization
from tests.support.pooler import pooled
from tests.support.replication import Server, replicated
from tests.support.server import serving

os.environ.setdefault("GATEWAY_DRAIN", "0")  # of those that are run as processes: nobody stands in front of them


@pytest.fixture(scope="session")
def servers() -> Iterator[list[Server]]:
    """A primary and GATEWAY_TEST_REPLICAS replicas, which have what is committed: tests read what they just wrote."""
    replicas = int(os.environ.get("GATEWAY_TEST_REPLICAS", "0"))
    if not replicas:
        yield []
        return
    with replicated(replicas) as servers:
        servers[0].wait_for(f"FIRST {replicas} (*)", "remote_apply")
        yield servers


@pytest.fixture(scope="session")
def database_url(servers: list[Server], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A migrated database, shared by all tests: each keeps to organizations of its own."""
    if cluster := os.environ.get("GATEWAY_TEST_CITUS_URL"):
        migrate(cluster, citus=True)
        yield cluster
        return
    if servers:
        migrate(servers[0].local_url())
        yield servers[0].local_url()
        return
    with embedded_postgres(tmp_path_factory.mktemp("postgres") / "data", durable=False) as url:
        migrate(url)
        yield url


@pytest.fixture(scope="session")
def walled_url(database_url: str) -> str:
    """The same database for a role under row security."""
    url = create_role(database_url, ROLE)
    migrate(database_url, ROLE)
    return url


@pytest.fixture(scope="session")
def settings(servers: list[Server], database_url: str, walled_url: str) -> Iterator[Settings]:
    """What the tests' gateway runs on: under row security, as the demo does.

    GATEWAY_ROW_SECURITY=false runs all tests without; GATEWAY_COMPILED=false with graphql-core's executor;
    GATEWAY_TEST_PGBOUNCER=/usr/sbin/pgbouncer through that program; GATEWAY_TEST_REPLICAS=2 with so many replicas.
    """
    row_security = os.environ.get("GATEWAY_ROW_SECURITY", "true") == "true"
    url, user = (walled_url, ROLE) if row_security else (database_url, "postgres")
    replica_urls = " ".join(each.local_url(user) for each in servers[1:])
    settings = Settings(
        database_url=url, replica_urls=replica_urls, row_security=row_security, jwt_secret=SECRET, _env_file=None
    )
    if "GATEWAY_TEST_PGBOUNCER" not in os.environ:
        yield settings
        return
    with pooled(url) as pooler:
        through = {"database_url": pooler.url, "direct_url": url, "prepare": pooler.prepares}
        yield settings.model_copy(update=through)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """One event loop for all tests of coroutines: the pool belongs to it."""
    return "asyncio"


@pytest.fixture(scope="session")
async def database(settings: Settings) -> AsyncIterator[Database]:
    """An open pool in the tests' own loop."""
    database = Database(
        settings.database_url,
        size=4,
        timeout=10,
        statement_timeout=30,
        row_security=settings.row_security,
        prepares=settings.prepare,
    )
    await database.open()
    yield database
    await database.close()


@pytest.fixture(scope="session")
def connection(database_url: str) -> Iterator[psycopg.Connection]:
    """How other programs write to the tables: straight, each statement its own transaction."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("SET timezone = 'UTC'")
        yield connection


@pytest.fixture(scope="session")
def gateway_url(settings: Settings) -> Iterator[str]:
    """A gateway listening on a free port of this machine."""
    with serving(settings) as url:
        yield url


@pytest.fixture(scope="session")
def new_database(connection: psycopg.Connection, database_url: str) -> Callable[[], str]:
    """Makes an empty database, for what cannot be shared, and returns its URL."""

    def make() -> str:
        name = f"own_{uuid4().hex}"
        create_database(connection, name)
        return urlsplit(database_url)._replace(path=f"/{name}").geturl()

    return make


@pytest.fixture
def organization(connection: psycopg.Connection, gateway_url: str) -> Iterator[Organization]:
    """A new organization, with a client that carries its token."""
    with Organization(connection, gateway_url) as organization:
        yield organization


@pytest.fixture
def stranger(connection: psycopg.Connection, gateway_url: str) -> Iterator[Organization]:
    """Another organization, which must see nothing of the first."""
    with Organization(connection, gateway_url) as organization:
        yield organization
