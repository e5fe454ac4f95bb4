"""Plans of searches: they walk a little of a list, or read the index of words."""

import psycopg
import pytest

from gateway.database import conversations, leads, messages
from gateway.database.conversations import ConversationFilter
from gateway.database.leads import LeadFilter
from gateway.database.messages import NEWEST_FIRST, MessageFilter
from gateway.database.paging import Order, Window
from gateway.database.searching import WALKED
from gateway.database.tenant import Tenant
from tests.support.plans import MODES, VOLUME, Recorder, explained, nodes
from tests.support.volume import organization_ids

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
