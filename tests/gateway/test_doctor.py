"""`gateway doctor`: every fault is really made, and found under its name with what to do about it."""

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, quote, urlsplit

import psycopg
import pytest
from typer.testing import CliRunner

from gateway.cli import app
from gateway.database import checkup
from gateway.database.checkup_tables import TRIGGERS
from gateway.database.migrate import migrate
from gateway.database.row_security import RIGHTS
from gateway.database.tables import VERSION_TABLE
from gateway.settings import Settings
from tests.support.keys import jwk, provider
from tests.support.organization import SECRET, Organization
from tests.support.server import free_port, serving

LEAD = "INSERT INTO leads (organization_id, name, channel) VALUES (gen_random_uuid(), 'Jane', 'web')"
SHADOWED = f"&options={quote('-c search_path=public,pg_catalog')}"
"""What is made in the schema `public` comes before what PostgreSQL has."""


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither this machine's environment nor a developer's .env is the tests'."""
    for name in os.environ:
        if name.startswith("GATEWAY_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


class Diagnosis(NamedTuple):
    """What the doctor said, and its exit code."""

    findings: dict[str, dict[str, str]]
    exit_code: int

    def is_well(self, *checks: str) -> bool:
        return all(self.findings[check]["level"] == "ok" for check in checks)

    def of(self, check: str, level: str) -> str:
        """What was said of one check, with the advice. Nothing else may have failed."""
        failed = [name for name, found in self.findings.items() if found["level"] == "failure"]
        assert failed == ([check] if level == "failure" else []), self.findings
        assert self.exit_code == (level == "failure")
        assert self.findings[check]["level"] == level, self.findings[check]
        assert self.findings[check]["advice"]
        return f"{self.findings[check]['said']} -> {self.findings[check]['advice']}"


def diagnosed(url: str, **settings: str) -> Diagnosis:
    given = {"GATEWAY_DATABASE_URL": url, "GATEWAY_JWT_SECRET": SECRET, **settings}
    result = CliRunner().invoke(app, ["doctor", "--json"], env=given)
    document: dict[str, Any] = json.loads(result.stdout)
    found = {each["check"]: each for each in document["findings"]}
    assert len(found) == len(document["findings"])
    assert document["failures"] == sum(each["level"] == "failure" for each in found.values())
    return Diagnosis(found, result.exit_code)


def execute(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


@pytest.fixture(scope="module")
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


def test_all_is_well(user: str) -> None:
    found = diagnosed(user)
    assert {name for name, each in found.findings.items() if each["level"] != "ok"} == set()
    assert found.exit_code == 0
    assert list(found.findings)[:4] == ["settings", "tokens", "documents", "server"]
    assert len(found.findings) == 16


def test_the_rights_that_are_asked_for_are_enough(user: str, patient: str) -> None:
    with (
        serving(Settings(database_url=user, jwt_secret=SECRET, _env_file=None)) as url,
        psycopg.connect(patient, autocommit=True) as connection,
        Organization(connection, url) as organization,
    ):
        lead = organization.graphql(
            'mutation { createLead(input: {name: "Jane", idempotencyKey: "1"}) { lead { id } userErrors { code } } }'
        )["createLead"]["lead"]["id"]
        conversation = organization.graphql(
            'mutation ($id: ID!) { startConversation(input: {leadId: $id, channel: WEB, sessionKey: "s"})'
            " { conversation { id } } }",
            id=lead,
        )["startConversation"]["conversation"]["id"]
        done = organization.graphql(
            "mutation ($id: ID!, $lead: ID!) {"
            ' addMessage(input: {conversationId: $id, role: USER, content: "Hello"}) { message { id } }'
            " updateConversationStatus(input: {id: $id, status: COMPLETED}) { conversation { messageCount } }"
            " updateLead(input: {id: $lead, status: BOOKED}) { lead { status } } }",
            id=conversation,
            lead=lead,
        )
        assert done["updateConversationStatus"]["conversation"]["messageCount"] == 1
        assert organization.http.get("/readyz").status_code == 200


FAULTS: dict[str, tuple[str, str, str, str]] = {
    "a table is gone": ("DROP TABLE row_counts", "tables", "failure", "row_counts.counted"),
    "a column is gone": ("ALTER TABLE messages DROP COLUMN metadata CASCADE", "tables", "failure", "messages.metadata"),
    "the version is old": (
        f"UPDATE {VERSION_TABLE} SET version_num = '0001'", "migrations", "failure", "is 0001, not",
    ),
    "the version is missing": (f"DELETE FROM {VERSION_TABLE}", "migrations", "failure", "`gateway migrate`"),
    "the version is another": (f"UPDATE {VERSION_TABLE} SET version_num = 'x'", "migrations", "failure", "is x, not"),
    "the version is later": (f"UPDATE {VERSION_TABLE} SET version_num = '9999'", "migrations", "warning", "Upgrade"),
    "plans are made in the dark": (LEAD, "statistics", "warning", "nothing is known of leads"),
    "the database is read-only": (
        "ALTER DATABASE patient SET default_transaction_read_only = on", "server", "failure", "read-only",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found(patient: str, user: str, fault: str) -> None:
    statement, check, level, expected = FAULTS[fault]
    execute(patient, statement)
    assert expected in diagnosed(user).of(check, level)


MENDED: dict[str, tuple[str, str, str]] = {
    "an index is gone": ("DROP INDEX leads_by_name", "indexes", "missing: leads_by_name"),
    "an index of words is gone": ("DROP INDEX messages_by_words", "indexes", "missing: messages_by_words"),
    "an index is not finished": (
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'leads_by_parts'::regclass",
        "indexes", "invalid: leads_by_parts",
    ),
    "a trigger is off": (
        "ALTER TABLE messages DISABLE TRIGGER gateway_messages_inserted", "triggers",
        "disabled: gateway_messages_inserted of messages",
    ),
    "a trigger is for replicas": (
        "ALTER TABLE conversations ENABLE REPLICA TRIGGER gateway_counters", "triggers", "disabled: gateway_counters",
    ),
    "rows are hidden from the user": (
        "DROP POLICY gateway_others ON leads; ALTER TABLE leads ENABLE ROW LEVEL SECURITY",
        "rights", "row level security hides rows of leads",
    ),
    "the user may not write": (
        "REVOKE INSERT, UPDATE ON leads FROM gateway_user", "rights", "lacks INSERT, UPDATE on leads",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", MENDED)
def test_the_advice_mends_it(patient: str, user: str, fault: str) -> None:
    statement, check, expected = MENDED[fault]
    execute(patient, statement)
    said = diagnosed(user).of(check, "failure")
    assert expected in said
    execute(patient, *said.partition(" -> ")[2].removesuffix(";").split("; "))
    assert diagnosed(user).is_well(check)


def test_row_security_is_as_the_setting_has_it(patient: str, user: str) -> None:
    assert "does not hold" in diagnosed(user, GATEWAY_ROW_SECURITY="true").of("walls", "failure")
    migrate(patient, "gateway_user")
    assert diagnosed(user, GATEWAY_ROW_SECURITY="true").is_well("walls", "rights", "positions")
    assert "Set GATEWAY_ROW_SECURITY" in diagnosed(user).of("walls", "failure")


def test_a_trigger_is_gone(patient: str, user: str) -> None:
    execute(patient, "DROP TRIGGER gateway_touch ON leads")
    assert "missing: gateway_touch of leads -> Take them from a backup" in diagnosed(user).of("triggers", "failure")


def test_the_triggers_are_those_that_the_migrations_make(connection: psycopg.Connection) -> None:
    rows = connection.execute(
        "SELECT c.relname, array_agg(tgname::text ORDER BY tgname) FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid"
        " WHERE NOT tgisinternal AND relnamespace = 'public'::regnamespace GROUP BY 1"
    )
    assert dict(rows.fetchall()) == {table: sorted(triggers) for table, triggers in TRIGGERS.items()}


def test_an_empty_database_is_told_once(new_database: Callable[[], str]) -> None:
    found = diagnosed(new_database())
    assert "no tables of the gateway -> Run `gateway migrate`." in found.of("migrations", "failure")
    assert list(found.findings)[-1] == "migrations"


def test_a_superuser_is_too_much(patient: str) -> None:
    assert "postgres is a superuser" in diagnosed(patient).of("rights", "warning")


def test_positions_of_another_server_are_found_and_mended(patient: str) -> None:
    with psycopg.connect(patient, autocommit=True) as connection, Organization(connection, "") as organization:
        conversation = organization.conversation()
        brought = organization.message(conversation)
        organization.sql("UPDATE messages SET transaction_id = 10 ^ 12 WHERE id = %s", brought)
        own = organization.message(conversation)
        kept = "SELECT id, transaction_id > 0 FROM messages ORDER BY arrival"
        changed = "SELECT message_count, updated_at FROM conversations"
        before = organization.sql(changed)
        assert "restored" in diagnosed(patient).of("positions", "failure")
        migrating = ["migrate"]
        result = CliRunner().invoke(app, migrating, env={"GATEWAY_DATABASE_URL": patient})
        assert "1 messages had positions of another server" in result.stdout
        assert diagnosed(patient).is_well("positions", "triggers")
        assert organization.sql(kept) == [(brought, False), (own, True)]
        assert organization.sql(changed) == before
        assert "positions" not in CliRunner().invoke(app, migrating, env={"GATEWAY_DATABASE_URL": patient}).stdout


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
    ["", "mysql://x/y", "postgresql://host:port/name", "postgresql://u:hidden@h/d?x=1", "postgresql://%zz:hidden@h/d"],
)
def test_an_address_that_is_none(url: str) -> None:
    said = diagnosed(url).of("database", "failure")
    assert "GATEWAY_DATABASE_URL is not like postgresql://user@host/name" in said
    assert "hidden" not in said


@contextmanager
def pooled(url: str, mode: str, ignored: str) -> Iterator[str]:
    """Run a pgbouncer before the server of `url`."""
    parts, port = urlsplit(url), free_port()
    server = parse_qs(parts.query)
    with tempfile.NamedTemporaryFile("w", suffix=".ini") as config:
        Path(config.name).chmod(0o644)  # pgbouncer does not run as root
        config.write(
            f"[databases]\n* = host={server['host'][0]} port={server['port'][0]} user=postgres\n"
            "[pgbouncer]\nauth_type = any\nlisten_addr = 127.0.0.1\nunix_socket_dir =\n"
            f"listen_port = {port}\npool_mode = {mode}\nignore_startup_parameters = {ignored}\n"
        )
        config.flush()
        as_user = ["-u", "nobody"] if os.geteuid() == 0 else []
        with subprocess.Popen(["pgbouncer", "-q", *as_user, config.name]) as process:
            try:
                pooled = f"postgresql://postgres@127.0.0.1:{port}{parts.path}?sslmode=disable"
                until = time.monotonic() + 10
                while not _answers(pooled):
                    assert time.monotonic() < until
                    time.sleep(0.02)
                yield pooled
            finally:
                process.terminate()


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return False
    return True


@pytest.mark.skipif(shutil.which("pgbouncer") is None, reason="pgbouncer is not installed")
def test_a_pooler_in_between(patient: str) -> None:
    with pooled(patient, "transaction", "options") as url:
        assert "pooler in between" in diagnosed(url).of("listening", "failure")
    with pooled(patient, "session", "options") as url:
        assert diagnosed(url).is_well("listening")
    with pooled(patient, "session", "") as url:
        assert "let it pass `options` on" in diagnosed(url).of("database", "failure")


def test_what_stands_beside_the_primary_is_reached_too(patient: str) -> None:
    away = "postgresql://somebody:hidden@127.0.0.1:1/nothing"
    found = diagnosed(patient, GATEWAY_DIRECT_URL=patient, GATEWAY_REPLICA_URLS=f"{patient} {patient}")
    assert found.is_well("pooler", "replica 1", "replica 2")
    said = diagnosed(away, GATEWAY_DIRECT_URL=patient).of("pooler", "failure")
    assert "Connection refused" in said
    assert "Connection refused" in diagnosed(patient, GATEWAY_REPLICA_URLS=away).of("replica 1", "failure")
    assert "hidden" not in said


def test_nobodys_tokens_are_accepted(patient: str) -> None:
    assert "Set GATEWAY_JWT_SECRET or" in diagnosed(patient, GATEWAY_JWT_SECRET="").of("tokens", "failure")


def test_keys_of_a_provider(patient: str) -> None:
    with provider(jwk("RS256"), jwk("ES256")) as keys:
        found = diagnosed(patient, GATEWAY_JWKS_URL=keys.url)
        assert found.findings["tokens"]["said"].endswith("ES256, RS256 by 2 keys of 127.0.0.1")
        keys.publish(jwk("RS256", use="enc"))
        assert "none of 127.0.0.1's keys" in diagnosed(patient, GATEWAY_JWKS_URL=keys.url).of("tokens", "failure")
        keys.status = 500
        assert "answered 500" in diagnosed(patient, GATEWAY_JWKS_URL=keys.url).of("tokens", "failure")
    assert "cannot be fetched" in diagnosed(patient, GATEWAY_JWKS_URL=keys.url).of("tokens", "failure")


def test_documents(patient: str) -> None:
    Path("manifest.json").write_text('{"one": "{ viewer { userId } }"}')
    given = {"GATEWAY_DOCUMENTS": "manifest.json", "GATEWAY_DOCUMENTS_MODE": "only"}
    assert diagnosed(patient, **given).findings["documents"]["said"] == "1 are trusted; the mode is only"
    Path("manifest.json").write_text("{")
    assert "is not JSON" in diagnosed(patient, **given).of("documents", "failure")


def test_a_setting_that_nobody_reads(patient: str) -> None:
    assert "nobody reads GATEWAY_POOLSIZE" in diagnosed(patient, GATEWAY_POOLSIZE="3").of("settings", "warning")


def test_a_setting_that_is_wrong_ends_it(patient: str) -> None:
    found = diagnosed(patient, GATEWAY_JWT_SECRET="hidden")
    assert "GATEWAY_JWT_SECRET must be at least" in found.of("settings", "failure")
    assert list(found.findings) == ["settings"]


def test_it_reads_well_on_a_terminal(patient: str) -> None:
    given = {"GATEWAY_DATABASE_URL": patient, "GATEWAY_JWT_SECRET": "", "COLUMNS": "80"}
    result = CliRunner().invoke(app, ["doctor"], env=given)
    lines = result.stdout.splitlines()
    assert lines[0].startswith("ok       settings     1 of ")
    assert lines[1] == "failure  tokens       nobody's tokens are accepted"
    assert lines[2] == "                      -> Set GATEWAY_JWT_SECRET or GATEWAY_JWKS_URL."
    assert result.exit_code == 1
