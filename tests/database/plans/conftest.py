"""A database with many rows of a few organizations, asked by its owner and under row-level security."""

from collections.abc import AsyncIterator, Callable, Iterator
from urllib.parse import urlsplit

import psycopg
import pytest

from gateway.database.migrate import migrate
from gateway.database.tenant import Tenant
from gateway.embedded import create_role
from tests.support.organization import ROLE
from tests.support.plans import VOLUME, Recorder
from tests.support.volume import fill, organization_ids


@pytest.fixture(scope="session")
def owner_url(new_database: Callable[[], str]) -> str:
    url = new_database()
    create_role(url, ROLE)
    migrate(url, ROLE)
    with psycopg.connect(url, autocommit=True) as connection:
        fill(connection, VOLUME)
    return url


@pytest.fixture(params=["owner", ROLE])
def volume_url(owner_url: str, request: pytest.FixtureRequest) -> str:
    return owner_url if request.param == "owner" else create_role(owner_url, ROLE)


@pytest.fixture
def planner(volume_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(volume_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
async def recorder(volume_url: str) -> AsyncIterator[Recorder]:
    row_security = urlsplit(volume_url).username == ROLE
    recorder = Recorder(volume_url, size=2, timeout=10, statement_timeout=10, row_security=row_security)
    recorder.asked = []
    await recorder.open()
    yield recorder
    await recorder.close()


@pytest.fixture(params=[0, -1], ids=["biggest", "smallest"])
def tenant(recorder: Recorder, request: pytest.FixtureRequest) -> Tenant:
    return Tenant(recorder, organization_ids(VOLUME)[request.param])
