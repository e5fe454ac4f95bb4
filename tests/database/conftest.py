"""What the database room's tests need besides: a pool, one organization's way in, databases of their own."""

from collections.abc import Callable
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest

from gateway.database.pool import Database, Tenant
from gateway.embedded import create_database
from tests.support.organization import Organization


@pytest.fixture
def tenant(database: Database, organization: Organization) -> Tenant:
    """The new organization's way into the database."""
    return Tenant(database, organization.id)


@pytest.fixture(scope="session")
def new_database(connection: psycopg.Connection, database_url: str) -> Callable[[], str]:
    """Makes an empty database, for what cannot be shared, and returns its URL."""

    def make() -> str:
        name = f"own_{uuid4().hex}"
        create_database(connection, name)
        return urlsplit(database_url)._replace(path=f"/{name}").geturl()

    return make
