"""Plans: on some volume every list is read through an index, and no table is sorted as a whole."""

import itertools
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import Text, bindparam, select

from gateway.database import conversations, leads, messages
from gateway.database.conversations import ConversationFilter, conversations_by_id
from gateway.database.leads import LeadFilter, leads_by_id
from gateway.database.listing import Listing
from gateway.database.messages import CHRONOLOGICAL, MessageFilter, last_messages, messages_by_id
from gateway.database.paging import Order, Window
from gateway.database.statements import Statement, scalar
from gateway.database.tables import leads as leads_table
from gateway.database.tables import messages as messages_table
from gateway.database.tenant import Tenant
from gateway.records import Conversation, ConversationOrderField, LeadOrderField
from tests.support.plans import MODES, SUMMER, TABLES, VOLUME, Recorder, check, explained, faults, nodes
from tests.support.volume import organization_ids

MIDDLE = {"created_at": SUMMER, "updated_at": SUMMER, "message_count": 11, "name": "Hannah"}


async def ask_every_window(listing: Listing[Any, Any], tenant: Tenant, filter: Any, field: str) -> None:
    """Pages at both ends of a list, and in front of and behind a place in its middle, in both directions."""
    place = (MIDDLE[field], UUID(int=0))
    for descending, backwards in itertools.product((True, False), repeat=2):
        order = Order(field, descending)
        await listing.page(tenant, filter, order, Window(20, backwards))
        await listing.page(tenant, filter, order, Window(20, backwards, after=place))
        await listing.page(tenant, filter, order, Window(20, backwards, before=place))


async def busiest(tenant: Tenant) -> list[Conversation]:
    order = Order("message_count", descending=True)
    page = await conversations.listing.page(tenant, ConversationFilter(), order, Window(20))
    return page.rows


@pytest.mark.parametrize("field", ConversationOrderField)
async def test_conversations(planner: psycopg.Connection, recorder: Recorder, tenant: Tenant, field: str) -> None:
    for filter in (
        ConversationFilter(),
        ConversationFilter(status=("active",)),
        ConversationFilter(status=("active", "abandoned")),
        ConversationFilter(channel=("web",)),
        ConversationFilter(channel=("web", "voice"), status=("active",)),
        ConversationFilter(updated_after=SUMMER),
        ConversationFilter(updated_before=SUMMER),
    ):
        await ask_every_window(conversations.listing, tenant, filter, field)
    check(planner, recorder)


@pytest.mark.parametrize("field", ConversationOrderField)
async def test_conversations_of_leads(
    planner: psycopg.Connection, recorder: Recorder, tenant: Tenant, field: str
) -> None:
    ids = [conversation.lead_id for conversation in await busiest(tenant)]
    for filter in (ConversationFilter(), ConversationFilter(status=("completed",))):
        await ask_every_window(conversations.listing, tenant, filter._replace(lead_id=ids[0]), field)
        order = Order(field, descending=True)
        await conversations.listing.pages(tenant, ids, filter, order, Window(5))
        await conversations.listing.pages(tenant, ids, filter, order, Window(5, backwards=True))
        await conversations.listing.counts(tenant, ids, filter)
    check(planner, recorder)


@pytest.mark.parametrize("field", LeadOrderField)
async def test_leads(planner: psycopg.Connection, recorder: Recorder, tenant: Tenant, field: str) -> None:
    for filter in (
        LeadFilter(),
        LeadFilter(status=("booked",)),
        LeadFilter(status=("booked", "new")),
        LeadFilter(channel=("email",)),
        LeadFilter(created_after=SUMMER),
        LeadFilter(created_before=SUMMER),
    ):
        await ask_every_window(leads.listing, tenant, filter, field)
    check(planner, recorder)


@pytest.mark.parametrize("role", [None, ("user",), ("user", "system")])
async def test_messages_of_conversations(
    planner: psycopg.Connection, recorder: Recorder, tenant: Tenant, role: tuple[str, ...] | None
) -> None:
    ids, filter = [conversation.id for conversation in await busiest(tenant)], MessageFilter(role)
    (first,) = await messages.listing.pages(tenant, ids[:1], filter, CHRONOLOGICAL, Window(50))
    place = messages.listing.position(first.rows[-1], CHRONOLOGICAL)
    for window in (Window(50), Window(50, after=place), Window(50, before=place), Window(50, offset=50)):
        for backwards in (False, True):
            for parents in (ids[:1], ids):
                asked = window._replace(backwards=backwards)
                await messages.listing.pages(tenant, parents, filter, CHRONOLOGICAL, asked)
    await messages.listing.counts(tenant, ids, filter)
    await last_messages(tenant, ids)
    check(planner, recorder)


async def test_lookups(planner: psycopg.Connection, recorder: Recorder, tenant: Tenant) -> None:
    found = await busiest(tenant)
    last = await last_messages(tenant, [row.id for row in found])
    recorder.asked.clear()
    for most in (1, len(found)):
        await leads_by_id(tenant, [row.lead_id for row in found][:most])
        await conversations_by_id(tenant, [row.id for row in found][:most])
        await messages_by_id(tenant, [message.id for message in last if message][:most])
    check(planner, recorder)


async def test_who_is_not_like_the_average(owner_url: str, recorder: Recorder) -> None:
    """Where most organizations are small, plans for anybody fit those: the biggest one is to be answered as soon."""
    tenant = Tenant(recorder, organization_ids(VOLUME)[0])
    found = await busiest(tenant)
    last = await last_messages(tenant, [row.id for row in found])
    recorder.asked.clear()
    await leads_by_id(tenant, [row.lead_id for row in found])
    await conversations_by_id(tenant, [row.id for row in found])
    await messages_by_id(tenant, [message.id for message in last if message])
    await conversations.listing.counts(tenant, [row.lead_id for row in found], ConversationFilter(status=("active",)))
    await leads_by_id(tenant, [found[0].lead_id])
    await conversations_by_id(tenant, [found[0].id])
    indexes = ["leads_pkey", "conversations_pkey", "messages_pkey", "conversations_by_lead_id"]
    indexes += indexes[:2]
    with psycopg.connect(owner_url) as planner:
        for table in TABLES:
            planner.execute(f"ALTER TABLE {table} ALTER organization_id SET (n_distinct = 1000)".encode())
            planner.execute(f"ANALYZE {table}".encode())
        for (asked, index), mode in itertools.product(zip(recorder.asked, indexes, strict=True), MODES):
            read = {node.get("Index Name") for node in nodes(explained(planner, mode, asked))}
            assert read - {None} == {index}
        planner.rollback()


@pytest.mark.parametrize(
    "filter",
    [
        ConversationFilter(),
        ConversationFilter(status=("active",)),
        ConversationFilter(status=("active", "completed"), channel=("web",)),
    ],
)
async def test_kept_counts_are_added_up(
    planner: psycopg.Connection, recorder: Recorder, tenant: Tenant, filter: ConversationFilter
) -> None:
    assert await conversations.listing.count(tenant, filter) > 0
    for mode in MODES:
        read = {node.get("Relation Name") for node in nodes(explained(planner, mode, recorder.asked[0]))}
        assert read - {None} == {"row_counts"}


async def test_other_counts_read_an_index_alone(
    planner: psycopg.Connection, recorder: Recorder, tenant: Tenant
) -> None:
    assert await conversations.listing.count(tenant, ConversationFilter(updated_after=SUMMER)) > 0
    for mode in MODES:
        kinds = {node["Node Type"] for node in nodes(explained(planner, mode, recorder.asked[0]))}
        # A Result, under row security, asks once whether this is the right organization.
        assert kinds - {"Result"} == {"Aggregate", "Index Only Scan"}


async def test_a_place_among_names_is_found_by_the_index(
    planner: psycopg.Connection, recorder: Recorder, tenant: Tenant
) -> None:
    behind = Window(20, after=("Hannah", UUID(int=0)))
    assert (await leads.listing.page(tenant, LeadFilter(), Order("name", descending=False), behind)).rows
    for mode in MODES:
        plan = explained(planner, mode, recorder.asked[0])
        assert sum(node.get("Rows Removed by Filter", 0) for node in nodes(plan)) == 0


def test_a_bad_plan_would_be_seen(owner_url: str) -> None:
    wanted = bindparam("wanted", type_=Text)
    scan = select(messages_table.c.id).where(messages_table.c.content == wanted)
    sort = select(leads_table.c.id).where(leads_table.c.name != wanted).order_by(leads_table.c.phone)
    with psycopg.connect(owner_url, autocommit=True) as planner:
        for query, fault in ((scan, "messages"), (sort, f"{VOLUME.leads} rows sorted")):
            for mode in MODES:
                plan = explained(planner, mode, (Statement(query, scalar), {"wanted": "nothing"}))
                assert fault in faults(plan)
