"""Plans: on some volume every list is read through an index, and no table is sorted as a whole."""

import itertools
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import Text, bindparam, select

from gateway.database import conversations, leads, messages
from gateway.database.conversations import ConversationFilter, conversations_by_id
from gateway.database.leads import LeadFilter, leads_by_id
from gateway.database.listing import Listing
from gateway.database.messages import CHRONOLOGICAL, NEWEST_FIRST, MessageFilter, last_messages, messages_by_id
from gateway.database.migrate import migrate
from gateway.database.paging import Order, Window
from gateway.database.searching import WALKED
from gateway.database.statements import Statement, scalar
from gateway.database.tables import leads as leads_table
from gateway.database.tables import messages as messages_table
from gateway.database.tenant import Tenant
from gateway.embedded import create_role
from gateway.records import Conversation, ConversationOrderField, LeadOrderField
from tests.support.organization import ROLE
from tests.support.plans import Plan, Recorder, explained, nodes
from tests.support.volume import Volume, fill, organization_ids

VOLUME = Volume(leads=3_000, conversations=12_000, messages=60_000)
TABLES = dict(zip(("leads", "conversations", "messages"), VOLUME[:3], strict=True))
SUMMER = datetime(2025, 8, 1, tzinfo=UTC)
MIDDLE = {"created_at": SUMMER, "updated_at": SUMMER, "message_count": 11, "name": "Hannah"}
MODES = ["force_custom_plan", "force_generic_plan"]


@pytest.fixture(scope="module")
def owner_url(new_database: Callable[[], str]) -> str:
    url = new_database()
    create_role(url, ROLE)
    migrate(url, ROLE)
    with psycopg.connect(url, autocommit=True) as connection:
        fill(connection, VOLUME)
    return url


@pytest.fixture(params=["owner", ROLE])
def volume_url(owner_url: str, request: pytest.FixtureRequest) -> str:
    return owner_url if request.param == "owner" else create_role(owner_url, ROLE)


@pytest.fixture
def planner(volume_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(volume_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
async def recorder(volume_url: str) -> AsyncIterator[Recorder]:
    row_security = urlsplit(volume_url).username == ROLE
    recorder = Recorder(volume_url, size=2, timeout=10, statement_timeout=10, row_security=row_security)
    recorder.asked = []
    await recorder.open()
    yield recorder
    await recorder.close()


@pytest.fixture(params=[0, -1], ids=["biggest", "smallest"])
def tenant(recorder: Recorder, request: pytest.FixtureRequest) -> Tenant:
    return Tenant(recorder, organization_ids(VOLUME)[request.param])


def faults(plan: Plan) -> list[str]:
    """What reads a table from end to end, or sorts more than a twentieth of one."""
    found = [node["Relation Name"] for node in nodes(plan) if node["Node Type"] == "Seq Scan"]
    for node in nodes(plan):
        if node["Node Type"] == "Sort":
            tables = [TABLES[below["Relation Name"]] for below in nodes(node) if "Relation Name" in below]
            rows = int(node["Plans"][0]["Actual Rows"])
            found += [f"{rows} rows sorted"] * (rows > max(tables) / 20)
    return found


def check(planner: psycopg.Connection, recorder: Recorder) -> None:
    """Every statement that was asked is planned well, whether its values are known or not."""
    for asked, mode in itertools.product(recorder.asked, MODES):
        plan = explained(planner, mode, asked)
        assert faults(plan) == [], (asked[0].sql, asked[1], mode)


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


SEARCHES = ["termin ", "ppointment ", "ppoint", "xyzzy ", '"half past five"', '"five past half"']


@pytest.mark.parametrize("words", SEARCHES)
async def test_a_search_walks_a_little_or_reads_the_index(
    planner: psycopg.Connection, recorder: Recorder, tenant: Tenant, words: str
) -> None:
    page = await messages.listing.page(tenant, MessageFilter(words=words), NEWEST_FIRST, Window(20))
    reads = [node for node in nodes(explained(planner, MODES[0], recorder.asked[0])) if "Scan" in node["Node Type"]]
    (walk,) = (node for node in reads if node.get("Index Name") == "messages_by_created_at")
    assert walk["Actual Rows"] <= WALKED
    if words in {"termin ", '"half past five"'}:  # found by the walk: nothing else is read
        assert len(page.rows) == 20
        rest = [node for node in reads if node.get("Relation Name") == "messages" and node is not walk]
        assert {node["Actual Loops"] for node in rest} == {0}


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("size", [7, 100])
async def test_a_search_s_pages_are_all_that_matches(
    planner: psycopg.Connection, tenant: Tenant, size: int, *, backwards: bool
) -> None:
    planner.execute("SELECT set_config('gateway.organization', %s, false)", [str(tenant.organization_id)])
    matching = planner.execute(
        r"SELECT id FROM messages WHERE organization_id = %s AND content ~ '^ppointment\M'"
        " ORDER BY created_at DESC, arrival DESC",
        [tenant.organization_id],
    )
    window, found = Window(size, backwards), []
    while True:
        page = await messages.listing.page(tenant, MessageFilter(words="ppointment "), NEWEST_FIRST, window)
        found += page.rows[::-1] if backwards else page.rows
        if not (page.has_previous if backwards else page.has_next):
            break
        place = messages.listing.position(found[-1], NEWEST_FIRST)
        window = window._replace(before=place) if backwards else window._replace(after=place)
    ids = [id for (id,) in matching]
    assert [row.id for row in found] == (ids[::-1] if backwards else ids)
    assert found


async def test_searches_read_their_indexes(planner: psycopg.Connection, recorder: Recorder) -> None:
    tenant = Tenant(recorder, organization_ids(VOLUME)[0])  # a small one's rows are as soon read without
    rare = Window(20), LeadFilter(search="nobody's name"), MessageFilter(words="nowhere")
    window, leads_filter, messages_filter = rare
    await leads.listing.page(tenant, leads_filter, Order("created_at", descending=True), window)
    await leads.listing.count(tenant, leads_filter)
    await conversations.listing.count(tenant, ConversationFilter(search="nobody's name"))
    await messages.listing.page(tenant, messages_filter, messages.NEWEST_FIRST, window)
    await messages.listing.count(tenant, messages_filter)
    for asked, index in zip(recorder.asked, [*["leads_by_parts"] * 3, *["messages_by_words"] * 2], strict=True):
        plan = explained(planner, "force_custom_plan", asked)
        assert index in {node.get("Index Name") for node in nodes(plan)}, (asked[0].sql, plan)


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
