"""Positions: what was added between two of them, however transactions overlap."""

from uuid import UUID

import psycopg
import pytest

from gateway.database import changes
from gateway.database.changes import (
    EventPosition,
    added_messages,
    changed_leads,
    current_snapshot,
    database_time,
    is_ahead,
)
from gateway.database.pool import Database
from gateway.database.tenant import Tenant
from tests.support.organization import Organization

INSERT = "INSERT INTO messages (organization_id, conversation_id, role, content) VALUES (%s, %s, 'user', %s)"


async def between(tenant: Tenant, position: EventPosition) -> list[tuple[str, EventPosition]]:
    until = await current_snapshot(tenant)
    return [(message.content, behind) async for message, behind in added_messages(tenant, position, until)]


async def test_each_message_is_between_two_positions_once(tenant: Tenant, organization: Organization) -> None:
    conversation = organization.conversation()
    start = EventPosition(await current_snapshot(tenant))
    assert await between(tenant, start) == []
    for n in range(3):
        organization.message(conversation, str(n))
    found = await between(tenant, start)
    assert [content for content, _ in found] == ["0", "1", "2"]
    organization.message(conversation, "3")
    for n, (_, position) in enumerate(found):
        assert [content for content, _ in await between(tenant, position)] == [str(m) for m in range(n + 1, 4)]


async def test_what_commits_late_is_behind_what_was_seen(
    tenant: Tenant, organization: Organization, database_url: str
) -> None:
    one, two = organization.conversation(), organization.conversation()
    start = EventPosition(await current_snapshot(tenant))
    with psycopg.connect(database_url) as late:
        late.execute(INSERT, [organization.id, one, "late"])
        organization.message(two, "early")
        ((content, position),) = await between(tenant, start)
        assert content == "early"
        late.commit()
    assert [content for content, _ in await between(tenant, position)] == ["late"]
    assert [content for content, _ in await between(tenant, start)] == ["late", "early"]


async def test_pages_meet(tenant: Tenant, organization: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "ROWS_A_PAGE", 2)
    conversation = organization.conversation()
    start = EventPosition(await current_snapshot(tenant))
    for n in range(5):
        organization.message(conversation, str(n))
    assert [content for content, _ in await between(tenant, start)] == list("01234")


async def test_long_messages_come_fewer_at_a_time(database_url: str, organization: Organization) -> None:
    conversation = organization.conversation()
    database = Database(database_url, size=1, timeout=5, statement_timeout=5, most_bytes=250_000)
    await database.open()
    tenant = Tenant(database, organization.id)
    start = EventPosition(await current_snapshot(tenant))
    for n in range(12):
        organization.message(conversation, str(n % 10) * 100_000)
    assert [content[0] for content, _ in await between(tenant, start)] == list("012345678901")
    await database.close()


async def test_changed_rows_of_any_number(
    tenant: Tenant, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "ROWS_A_PAGE", 2)
    organization.lead(name="before")
    when = await database_time(tenant)
    # Of one statement, and so of one time.
    rows = organization.sql(
        "INSERT INTO leads (organization_id, name, channel) SELECT %s, n, 'web' FROM generate_series(1, 5) AS n"
        " RETURNING id",
        organization.id,
    )
    found: list[UUID] = [lead.id async for lead in changed_leads.since(tenant, when)]
    assert sorted(found) == sorted(id for (id,) in rows)


async def test_a_position_may_be_ahead(tenant: Tenant) -> None:
    here = await current_snapshot(tenant)
    assert not await is_ahead(tenant, EventPosition(here))
    end = int(here.split(":")[1])
    assert await is_ahead(tenant, EventPosition(f"1:{end + 1000}:"))
    assert await is_ahead(tenant, EventPosition(here, f"1:{end + 1000}:"))
