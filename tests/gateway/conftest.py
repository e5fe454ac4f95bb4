"""What these tests need besides: an environment without settings, the doctor's patients, a gateway with low limits."""

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from gateway.database.migrate import migrate
from gateway.database.row_security import RIGHTS
from gateway.settings import Settings
from tests.support.diagnosis import execute
from tests.support.organization import SECRET, Organization
from tests.support.server import serving
from tests.support.strangers import Ids, filled

ROOT = Path(__file__).parents[2]


@pytest.fixture
def no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither this machine's environment nor a developer's .env is the tests'."""
    for name in os.environ:
        if name.startswith("GATEWAY_"):
            monkeypatch.delenv(name)
    for name in ("GATEWAY_DOCUMENTS", "GATEWAY_DOCUMENTS_MODE"):  # `serve` hands them on to its workers like this
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}{os.pathsep}{ROOT / 'graphql'}")
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def migrated(database_url: str, connection: psycopg.Connection) -> str:
    """The name of a migrated database that nobody is connected to."""
    connection.execute("CREATE DATABASE doctors TEMPLATE template0 LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'")
    migrate(urlsplit(database_url)._replace(path="/doctors").geturl())
    return "doctors"


@pytest.fixture
def patient(database_url: str, connection: psycopg.Connection, migrated: str) -> Iterator[str]:
    """The address of a database that is as it should be."""
    connection.execute(f"CREATE DATABASE patient TEMPLATE {migrated}".encode())
    yield urlsplit(database_url)._replace(path="/patient").geturl()
    connection.execute("DROP DATABASE patient WITH (FORCE)")


@pytest.fixture
def user(patient: str, connection: psycopg.Connection) -> Iterator[str]:
    """The patient's address for a user with the rights that the gateway needs, and no others."""
    grants = [f"GRANT {', '.join(rights)} ON {table} TO gateway_user" for table, rights in RIGHTS.items()]
    execute(patient, "CREATE USER gateway_user", *grants)
    yield patient.replace("postgres@", "gateway_user@")
    execute(patient, "SET default_transaction_read_only = off", "DROP OWNED BY gateway_user")
    connection.execute("DROP USER gateway_user")


@pytest.fixture(scope="module")
def strict(connection: psycopg.Connection, database_url: str) -> Iterator[Organization]:
    """An organization whose gateway has little patience and little room."""
    settings = Settings(
        database_url=database_url,
        jwt_secret=SECRET,
        client_timeout=0.5,
        request_timeout=2,
        max_connections=8,
        max_requests=3,
        max_head_bytes=2000,
        max_answer_bytes=9_000_000,
        pool_size=4,
        _env_file=None,
    )
    with serving(settings) as url, Organization(connection, url) as organization:
        yield organization


@pytest.fixture
def theirs(stranger: Organization) -> Ids:
    """Rows of another organization."""
    return filled(stranger)
