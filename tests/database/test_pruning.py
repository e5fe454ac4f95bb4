"""Pruning: what is older than a time goes, whatever else is written meanwhile."""

import re
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
import pytest

from gateway.database.admin import pruning
from gateway.database.admin.pruning import TABLES, count_prunable, prune
from gateway.database.errors import DatabaseRefused, DatabaseUnavailable
from gateway.database.migrate import migrate
from tests.support.kept import WRONG
from tests.support.organization import Organization
from tests.support.tenancy import unheld_tables

SECONDS = 10
BEFORE = datetime(2026, 1, 1, tzinfo=UTC)
OLD, NEW = BEFORE - timedelta(days=30), BEFORE + timedelta(days=30)


def left(organization: Organization, table: str) -> int:
    return int(organization.sql(f"SELECT count(*) FROM {table} WHERE organization_id = %s", organization.id)[0][0])


def aged(organization: Organization, lead: datetime, conversation: datetime | None, *messages: datetime) -> UUID:
    """Write a lead, a conversation of its and messages as they would lie there since then. Return the lead's id."""
    organization.sql("SET gateway.bulk = 'on'")
    lead_id = organization.lead(created_at=lead, updated_at=lead)
    if conversation:
        conversation_id = organization.conversation(lead_id, created_at=conversation, updated_at=conversation)
        for number, time in enumerate(messages):
            organization.message(conversation_id, f"message {number}", created_at=time)
    organization.sql("RESET gateway.bulk")
    return lead_id


@pytest.fixture
def everything(organization: Organization) -> Organization:
    """Old and new rows, and old ones on which new ones hang."""
    aged(organization, OLD, OLD, OLD, OLD)
    aged(organization, OLD, OLD, OLD, NEW)
    aged(organization, OLD, NEW, OLD)
    aged(organization, NEW, OLD, OLD)
    aged(organization, OLD, None)
    aged(organization, OLD, OLD)
    return organization


@pytest.mark.parametrize(
    ("deepest", "gone"),
    [
        ("messages", {"messages": 5}),
        ("conversations", {"messages": 5, "conversations": 3}),
        ("leads", {"messages": 5, "conversations": 3, "leads": 3}),
    ],
)
def test_down_to(
    everything: Organization, stranger: Organization, database_url: str, deepest: str, gone: dict[str, int]
) -> None:
    aged(stranger, OLD, OLD, OLD)
    there = {table: left(everything, table) for table in TABLES}
    assert count_prunable(database_url, BEFORE, deepest=deepest, organization_id=everything.id) == Counter(gone)
    assert {table: left(everything, table) for table in TABLES} == there
    assert prune(database_url, BEFORE, deepest=deepest, organization_id=everything.id) == Counter(gone)
    assert {table: left(everything, table) for table in TABLES} == {
        table: there[table] - gone.get(table, 0) for table in TABLES
    }
    assert prune(database_url, BEFORE, deepest=deepest, organization_id=everything.id) == Counter()
    assert everything.sql(WRONG, everything.id) == []
    assert left(stranger, "messages") == 1


def test_times_stay_and_nobody_is_told(
    everything: Organization, database_url: str, connection: psycopg.Connection
) -> None:
    times = "SELECT id, updated_at FROM conversations WHERE organization_id = %s ORDER BY id"
    before = everything.sql(times, everything.id)
    connection.execute("LISTEN gateway_changes")
    prune(database_url, BEFORE, organization_id=everything.id)
    heard = [each.payload for each in connection.notifies(timeout=0.2) if str(everything.id) in each.payload]
    connection.execute("UNLISTEN gateway_changes")
    assert heard == []
    assert everything.sql(times, everything.id) == before


def test_batches_are_told(everything: Organization, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "BATCH", 2)
    told: list[int] = []
    prune(database_url, BEFORE, organization_id=everything.id, report=lambda gone: told.append(gone.total()))
    assert told == [2, 4, 5]


def test_what_was_interrupted_is_kept(
    everything: Organization, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pruning, "BATCH", 2)

    def interrupt(_: Counter[str]) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prune(database_url, BEFORE, organization_id=everything.id, report=interrupt)
    assert count_prunable(database_url, BEFORE, organization_id=everything.id) == {"messages": 3}
    assert everything.sql(WRONG, everything.id) == []


def test_of_all_organizations(new_database: Callable[[], str]) -> None:
    url = new_database()
    migrate(url)
    with psycopg.connect(url, autocommit=True) as connection:
        for _ in range(3):
            with Organization(connection, "http://127.0.0.1") as organization:
                aged(organization, OLD, OLD, OLD)
    assert prune(url, BEFORE, deepest="leads") == {"messages": 3, "conversations": 3, "leads": 3}


def test_while_others_write(organization: Organization, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "BATCH", 20)
    for _ in range(10):
        aged(organization, OLD, OLD, *[OLD] * 30)
    ids = [id for (id,) in organization.sql("SELECT id FROM conversations WHERE organization_id = %s", organization.id)]

    def write(seed: int) -> None:
        with psycopg.connect(database_url, autocommit=True) as connection, Organization(connection, "") as other:
            other.id = organization.id
            for number in range(30):
                other.message(ids[(number * seed) % len(ids)], f"new {number}")

    with ThreadPoolExecutor(5) as pool:
        writing = [pool.submit(write, seed) for seed in (1, 3, 7, 9)]
        gone = pool.submit(prune, database_url, BEFORE, organization_id=organization.id)
        for each in writing:
            each.result()
        assert gone.result() == {"messages": 300}
    assert left(organization, "messages") == 120
    assert organization.sql(WRONG, organization.id) == []


def test_a_conversation_that_wakes_stays(organization: Organization, database_url: str) -> None:
    aged(organization, OLD, OLD, OLD)
    (conversation_id,) = organization.sql("SELECT id FROM conversations WHERE organization_id = %s", organization.id)[0]
    with psycopg.connect(database_url) as writer, ThreadPoolExecutor(1) as pool:
        writer.execute(
            "INSERT INTO messages (organization_id, conversation_id, role, content) VALUES (%s, %s, 'user', 'Hello?')",
            (organization.id, conversation_id),
        )
        gone = pool.submit(prune, database_url, BEFORE, deepest="leads", organization_id=organization.id)
        end = time.monotonic() + SECONDS
        while not organization.sql("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"):
            if time.monotonic() > end:
                writer.rollback()
                pytest.fail("pruning does not wait for the writer")
        writer.commit()
        assert gone.result() == {"messages": 1}
    assert left(organization, "conversations") == 1


@pytest.mark.parametrize("table", TABLES)
def test_every_statement_is_held_to_its_organization(table: str) -> None:
    statements = [pruning.finding(table, behind=True), pruning.locking(table), pruning.deleting(table)]
    for statement in (*statements, pruning.counting(table)):
        sql = statement
        names = list(dict.fromkeys(re.findall(r"%\((\w+)\)s", sql)))
        for number, name in enumerate(names, 1):
            sql = sql.replace(f"%({name})s", f"${number}")
        assert unheld_tables(sql, names) == []


def test_a_database_without_tables(new_database: Callable[[], str]) -> None:
    with pytest.raises(DatabaseRefused, match="run `gateway migrate`"):
        prune(new_database(), BEFORE)


def test_a_database_that_is_away() -> None:
    with pytest.raises(DatabaseUnavailable):
        prune("postgresql://127.0.0.1:1/gateway", BEFORE)
