"""The doctor's look at tables: every fault is really made, and found under its name with what to do about it."""

from collections.abc import Callable

import psycopg
import pytest
from typer.testing import CliRunner

from gateway.cli import app
from gateway.database.admin.checkup_tables import TRIGGERS
from gateway.database.migrate import migrate
from gateway.database.tables import VERSION_TABLE
from gateway.settings import Settings
from tests.support.diagnosis import diagnosed, execute
from tests.support.organization import SECRET, Organization
from tests.support.server import serving

pytestmark = pytest.mark.usefixtures("no_settings")
LEAD = "INSERT INTO leads (organization_id, name, channel) VALUES (gen_random_uuid(), 'Jane', 'web')"


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
