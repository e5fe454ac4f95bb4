"""The doctor's look at servers and at what stands before them: every fault is really made."""

from collections.abc import Callable
from urllib.parse import quote, urlsplit

import psycopg
import pytest

from gateway.database.admin import checkup
from tests.support.diagnosis import diagnosed, execute
from tests.support.pooler import PROGRAM, pooled

pytestmark = pytest.mark.usefixtures("no_settings")
LEAD = "INSERT INTO leads (organization_id, name, channel) VALUES (gen_random_uuid(), 'Jane', 'web')"
SHADOWED = f"&options={quote('-c search_path=public,pg_catalog')}"
"""What is made in the schema `public` comes before what PostgreSQL has."""


@pytest.mark.parametrize(
    ("seconds", "level", "word"), [(3, "warning", "ahead"), (-3, "warning", "behind"), (60, "failure", "ahead")]
)
def test_the_clocks_differ(patient: str, seconds: int, level: str, word: str) -> None:
    execute(
        patient,
        "CREATE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE sql"
        f" AS $$ SELECT pg_catalog.clock_timestamp() + interval '{seconds} s' $$",
    )
    assert f"{abs(seconds)}.0 s {word}" in diagnosed(patient + SHADOWED).of("clock", level)


def test_a_standby(patient: str) -> None:
    execute(patient, "CREATE FUNCTION public.pg_is_in_recovery() RETURNS boolean LANGUAGE sql RETURN true")
    assert "is a standby" in diagnosed(patient + SHADOWED).of("server", "failure")


@pytest.mark.parametrize(
    ("name", "value", "level", "expected"),
    [("_OLDEST", 99, "failure", "Upgrade it to PostgreSQL 99"), ("_NEWEST", 9, "warning", "over 9")],
)
def test_a_version_that_was_not_tried(
    patient: str, monkeypatch: pytest.MonkeyPatch, name: str, value: int, level: str, expected: str
) -> None:
    monkeypatch.setattr(checkup, name, value)
    assert expected in diagnosed(patient).of("server", level)


@pytest.mark.parametrize(
    ("how", "level", "expected"),
    [
        ("ENCODING 'SQL_ASCII'", "failure", "SQL_ASCII"),
        ("ENCODING 'LATIN1'", "failure", "LATIN1"),
        ("ENCODING 'UTF8'", "warning", "`ä` does not find `Ä`"),
    ],
)
def test_letters(database_url: str, connection: psycopg.Connection, how: str, level: str, expected: str) -> None:
    connection.execute(f"CREATE DATABASE letters TEMPLATE template0 LOCALE 'C' {how}".encode())
    try:
        found = diagnosed(urlsplit(database_url)._replace(path="/letters").geturl()).findings["letters"]
    finally:
        connection.execute("DROP DATABASE letters")
    assert found["level"] == level
    assert expected in found["said"]


def test_too_few_connections(user: str, connection: psycopg.Connection) -> None:
    connection.execute("ALTER USER gateway_user CONNECTION LIMIT 10")
    assert "takes up to 11, and there may be 10" in diagnosed(user).of("connections", "failure")
    assert diagnosed(user, GATEWAY_POOL_SIZE="9").is_well("connections")


def test_a_question_that_is_refused_is_a_finding(patient: str) -> None:
    execute(patient, "CREATE FUNCTION public.pg_is_in_recovery() RETURNS boolean LANGUAGE sql AS 'SELECT 1/0 = 1'")
    assert "could not be looked at: division by zero" in diagnosed(patient + SHADOWED).of("server", "failure")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda url: url.replace("postgres@", "nobody_knows@"), "Check user and password"),
        (lambda url: url.replace("/patient", "/nowhere"), "make the database"),
        (lambda _: "postgresql://somebody:hidden@127.0.0.1:1/nothing", "Connection refused"),
        (lambda _: "postgresql://somebody:hidden@no.such.host.invalid/nothing", "Is the address right"),
    ],
)
def test_a_database_that_does_not_let_us_in(patient: str, change: Callable[[str], str], expected: str) -> None:
    said = diagnosed(change(patient)).of("database", "failure")
    assert expected in said
    assert "hidden" not in said


@pytest.mark.parametrize(
    "url",
    ["mysql://x/y", "postgresql://host:port/name", "postgresql://u:hidden@h/d?x=1", "postgresql://%zz:hidden@h/d"],
)
def test_an_address_that_is_none(url: str) -> None:
    said = diagnosed(url).of("database", "failure")
    assert "GATEWAY_DATABASE_URL is not like postgresql://user@host/name" in said
    assert "hidden" not in said


def test_no_address() -> None:
    assert "GATEWAY_DATABASE_URL is not set" in diagnosed("").of("database", "failure")


@pytest.mark.skipif(PROGRAM is None, reason="PgBouncer is not installed")
def test_a_pooler_in_between(patient: str) -> None:
    with pooled(patient, "transaction", "options") as pooler:
        assert "pooler in between" in diagnosed(pooler.url).of("listening", "failure")
    with pooled(patient, "session", "options") as pooler:
        assert diagnosed(pooler.url).is_well("listening")
    with pooled(patient, "session", "") as pooler:
        assert "let it pass `options` on" in diagnosed(pooler.url).of("database", "failure")


@pytest.mark.skipif(PROGRAM is None, reason="PgBouncer is not installed")
def test_what_a_pooler_keeps_to_itself(patient: str) -> None:
    given = {"GATEWAY_DIRECT_URL": patient, "GATEWAY_PREPARE": "false"}
    with pooled(patient) as pooler:
        if not pooler.prepares:
            said = diagnosed(pooler.url, GATEWAY_DIRECT_URL=patient).of("pooler", "failure")
            assert "GATEWAY_PREPARE=false" in said
        said = diagnosed(pooler.url, **given).of("pooler", "warning")
        assert "statement_timeout" in said
        assert "ALTER ROLE" in said
    role = "ALTER ROLE postgres IN DATABASE patient SET"
    execute(patient, f"{role} timezone = 'UTC'", f"{role} statement_timeout = '9s'", f"{role} lock_timeout = '3s'")
    with pooled(patient) as pooler:
        assert diagnosed(pooler.url, **given, GATEWAY_LOCK_TIMEOUT="0").is_well("pooler")
        assert diagnosed(pooler.url, **given | {"GATEWAY_PREPARE": str(pooler.prepares)}).is_well("pooler")


@pytest.mark.skipif(PROGRAM is None, reason="PgBouncer is not installed")
def test_a_pooler_before_another_database(patient: str, database_url: str) -> None:
    with pooled(database_url, "session") as pooler:
        found = diagnosed(pooler.url, GATEWAY_DIRECT_URL=patient, GATEWAY_LOCK_TIMEOUT="0")
    assert "another database" in found.of("pooler", "failure")


def test_what_stands_beside_the_primary_is_reached_too(patient: str) -> None:
    away = "postgresql://somebody:hidden@127.0.0.1:1/nothing"
    found = diagnosed(patient, GATEWAY_DIRECT_URL=patient, GATEWAY_REPLICA_URLS=f"{patient} {patient}")
    assert found.is_well("pooler", "replica 1", "replica 2")
    said = diagnosed(away, GATEWAY_DIRECT_URL=patient).of("pooler", "failure")
    assert "Connection refused" in said
    assert "Connection refused" in diagnosed(patient, GATEWAY_REPLICA_URLS=away).of("replica 1", "failure")
    assert "hidden" not in said
