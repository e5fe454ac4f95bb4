"""The demo's visitors: they write as other programs do, hang together, and do not add up."""

import threading
from random import Random

import psycopg
import pytest

from gateway.database.visits import Visits
from gateway.demo import visitors
from tests.support.organization import Organization

EVERYTHING = """{
  leads(first: 5) { nodes {
    name status metadata conversations { nodes { status messageCount messages { nodes { role } } } }
  } }
}"""


def visit(connection: psycopg.Connection, organization: Organization, seed: int) -> int:
    """Let somebody come and go; how many messages that made."""
    return len(list(visitors.talk(Visits(connection, organization.id), Random(seed))))


@pytest.mark.parametrize("seed", range(12))
def test_a_visit_is_a_lead_with_a_conversation(
    seed: int, connection: psycopg.Connection, organization: Organization
) -> None:
    count = visit(connection, organization, seed)
    [lead] = organization.graphql(EVERYTHING)["leads"]["nodes"]
    [conversation] = lead["conversations"]["nodes"]
    assert conversation["messageCount"] == count == len(conversation["messages"]["nodes"]) > 3
    assert {each["role"] for each in conversation["messages"]["nodes"]} >= {"USER", "ASSISTANT"}
    assert conversation["status"] in {"ACTIVE", "COMPLETED", "ESCALATED"}
    assert lead["metadata"] == {"visitor": True}
    assert lead["status"].lower() in visitors._BECOME.values()  # noqa: SLF001 (the table is the expectation)


def test_visitors_are_forgotten_and_nobody_else(
    connection: psycopg.Connection, organization: Organization, stranger: Organization
) -> None:
    organization.message(organization.conversation(organization.lead(name="Ada")))
    visit(connection, stranger, 0)
    for seed in range(4):
        visit(connection, organization, seed)
    newest = organization.graphql(EVERYTHING)["leads"]["nodes"][:2]
    Visits(connection, organization.id).forget(kept=2)
    left = organization.graphql(EVERYTHING)["leads"]["nodes"]
    assert left[:2] == newest
    assert [lead["name"] for lead in left[2:]] == ["Ada"]
    assert len(stranger.graphql(EVERYTHING)["leads"]["nodes"]) == 1


def test_they_come_until_they_are_told_to_leave(
    database_url: str, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visitors, "_SECONDS", (0, 0.001))
    monkeypatch.setattr(visitors, "KEPT", 20)
    before = threading.active_count()
    seen: set[object] = set()
    with visitors.visitors(database_url, organization.id):
        while len(seen) < 40:
            leads = organization.sql("SELECT id FROM leads WHERE organization_id = %s", organization.id)
            assert len(leads) <= 20 + 3
            seen.update(leads)
    assert threading.active_count() == before
    said = organization.sql("SELECT count(*) FROM messages WHERE organization_id = %s", organization.id)
    assert said > [(0,)]
    assert organization.sql("SELECT count(*) FROM messages WHERE organization_id = %s", organization.id) == said


def test_a_database_that_goes_away_is_nobodys_problem(organization: Organization) -> None:
    with visitors.visitors("postgresql://127.0.0.1:1/gateway", organization.id):
        pass
