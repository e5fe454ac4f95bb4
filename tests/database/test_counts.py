"""Counts that the database keeps: right after whatever writers do, and no writer waits for another."""

import random
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from gateway.database import conversations, leads
from gateway.database.conversations import ConversationFilter
from gateway.database.leads import LeadFilter
from gateway.database.pool import Database
from gateway.database.tenant import Tenant
from gateway.records import Channel, ConversationStatus
from tests.support.organization import Organization

STATUSES = [status.value for status in ConversationStatus]


async def agree(database: Database, organization: Organization) -> None:
    tenant = Tenant(database, organization.id)
    for status in [None, *[(each,) for each in STATUSES], ("active", "completed"), ()]:
        for channel in [None, ("web",), ("web", "voice")]:
            filter = ConversationFilter(status=status, channel=channel)
            counted = organization.sql(
                "SELECT count(*) FROM conversations WHERE organization_id = %s"
                " AND (%s::text[] IS NULL OR status = ANY(%s)) AND (%s::text[] IS NULL OR channel = ANY(%s))",
                organization.id,
                *[list(each) if each is not None else None for each in (status, status, channel, channel)],
            )
            assert await conversations.listing.count(tenant, filter) == counted[0][0], filter


async def test_whatever_is_written(organization: Organization, database: Database) -> None:
    lead = organization.lead()
    ids = [
        organization.conversation(lead, status=status, channel=channel.value)
        for status in STATUSES
        for channel in Channel
    ]
    await agree(database, organization)
    organization.sql("UPDATE conversations SET status = 'completed' WHERE id = ANY(%s)", ids[::2])
    organization.sql("UPDATE conversations SET channel = 'web' WHERE id = %s", ids[3])
    organization.sql("DELETE FROM conversations WHERE id = ANY(%s)", ids[:3])
    organization.message(ids[5])
    await agree(database, organization)
    organization.sql("DELETE FROM leads WHERE id = %s", lead)
    await agree(database, organization)
    assert await leads.listing.count(Tenant(database, organization.id), LeadFilter()) == 0


async def test_many_writers_at_once(organization: Organization, database: Database, database_url: str) -> None:
    lead = organization.lead()
    ids = [organization.conversation(lead) for _ in range(30)]

    def write(seed: int) -> None:
        chosen = random.Random(seed)
        with psycopg.connect(database_url) as connection:
            for _ in range(60):
                status = chosen.choice(STATUSES)
                changed = "UPDATE conversations SET status = %s WHERE organization_id = %s AND id = %s"
                connection.execute(changed, (status, organization.id, chosen.choice(ids)))
                if chosen.random() < 0.2:
                    connection.rollback()
                connection.commit()

    with ThreadPoolExecutor(8) as writers:
        list(writers.map(write, range(8)))
    await agree(database, organization)
    rows = organization.sql("SELECT count(*) FROM row_counts WHERE organization_id = %s", organization.id)
    assert rows[0][0] < 700, "differences are added up now and then"


def test_no_writer_waits_for_another(organization: Organization, database_url: str) -> None:
    first, second = organization.conversation(), organization.conversation()
    with psycopg.connect(database_url) as one, psycopg.connect(database_url) as other:
        other.execute("SET lock_timeout = '1s'")
        one.execute("UPDATE conversations SET status = 'completed' WHERE id = %s", (first,))
        other.execute("UPDATE conversations SET status = 'completed' WHERE id = %s", (second,))
        other.execute("SELECT gateway_add_up(%s)", (organization.id,))
        other.commit()
        one.commit()


@pytest.mark.parametrize("table", ["leads", "conversations"])
def test_adding_up_changes_nothing(organization: Organization, table: str) -> None:
    for _ in range(5):
        organization.conversation()
    total = "SELECT sum(difference), count(*) FROM row_counts WHERE organization_id = %s AND counted = %s"
    before = organization.sql(total, organization.id, table)
    organization.sql("SELECT gateway_add_up(%s)", organization.id)
    after = organization.sql(total, organization.id, table)
    assert before[0][0] == after[0][0] == 5
    assert after[0][1] == 1
