"""Lists: whatever the rows, order, filter and page size, a walk visits every row once, in order."""

from functools import partial
from operator import attrgetter
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.database import conversations, leads, messages
from gateway.database.conversations import ConversationFilter, conversations_by_id
from gateway.database.leads import LeadFilter, leads_by_id
from gateway.database.messages import CHRONOLOGICAL, MessageFilter
from gateway.database.paging import Order, Page, Window
from gateway.database.pool import Database
from gateway.database.tenant import Tenant
from gateway.records import Conversation, ConversationOrderField, LeadOrderField, Message
from tests.support.drawn import (
    ROLES,
    STATUSES,
    DrawnConversation,
    DrawnLead,
    World,
    drawn_conversations,
    drawn_leads,
)
from tests.support.organization import Organization
from tests.support.walk import read, walk

Bounds = tuple[int | None, int | None]
either = st.booleans()
sizes = st.integers(1, 6)
orders = st.builds(Order, st.sampled_from(ConversationOrderField), either)
windows = st.builds(
    Window,
    st.one_of(st.none(), st.integers(0, 5)),
    either,
    st.none(),
    st.none(),
    st.sampled_from([0, 0, 1, 3]),
)
bounds = st.tuples(*[st.one_of(st.none(), st.integers(0, 11))] * 2)
"""Numbers of the rows behind and in front of which a window begins and ends."""
properties = settings(max_examples=30, deadline=None)


def choices(words: list[str]) -> st.SearchStrategy[tuple[str, ...] | None]:
    return st.one_of(st.none(), st.lists(st.sampled_from(words), max_size=2).map(tuple))


async def listed(world: World, order: Order, filter: ConversationFilter) -> list[Conversation]:
    """What a list of conversations must be."""
    found = await conversations_by_id(world.tenant, world.conversations)
    rows = [row for row in found if row and (filter.status is None or row.status in filter.status)]
    return sorted(rows, key=attrgetter(order.field, "id"), reverse=order.descending)


def placed(window: Window, numbers: Bounds, rows: list[Conversation], order: Order) -> Window:
    """The window between the rows of these numbers."""
    places = [conversations.listing.position(row, order) for row in rows]
    after, before = (None if number is None or not places else places[number % len(places)] for number in numbers)
    return window._replace(after=after, before=before)


@pytest.mark.parametrize("field", ConversationOrderField)
@properties
@given(drawn_conversations, choices(STATUSES), sizes, either, either)
async def test_conversations_are_walked_exactly(
    connection: psycopg.Connection,
    database: Database,
    field: str,
    drawn: list[DrawnConversation],
    status: tuple[str, ...] | None,
    size: int,
    descending: bool,
    backwards: bool,
) -> None:
    world = World(connection, database, drawn)
    order, filter = Order(field, descending), ConversationFilter(status=status)
    expected = await listed(world, order, filter)
    ask = partial(conversations.listing.page, world.tenant, filter, order)
    position = partial(conversations.listing.position, order=order)
    pages = await walk(ask, position, size, backwards=backwards)
    assert read(pages, size, backwards=backwards) == expected
    assert await conversations.listing.count(world.tenant, filter) == len(expected)


@pytest.mark.parametrize("field", LeadOrderField)
@properties
@given(drawn_leads, sizes, either, either)
async def test_leads_are_walked_exactly(
    connection: psycopg.Connection,
    database: Database,
    field: str,
    drawn: list[DrawnLead],
    size: int,
    descending: bool,
    backwards: bool,
) -> None:
    world, order = World(connection, database, [], drawn), Order(field, descending)
    rows = [lead for lead in await leads_by_id(world.tenant, world.leads) if lead]
    position = partial(leads.listing.position, order=order)
    expected = sorted(rows, key=position, reverse=descending)
    pages = await walk(
        partial(leads.listing.page, world.tenant, LeadFilter(), order), position, size, backwards=backwards
    )
    # JSON that is handed on unread is equal to nothing, so neither are leads.
    assert [lead.id for lead in read(pages, size, backwards=backwards)] == [lead.id for lead in expected]
    assert await leads.listing.count(world.tenant, LeadFilter()) == len(expected)


@properties
@given(drawn_conversations, choices(ROLES), sizes, either)
async def test_every_conversations_messages_are_walked_exactly(
    connection: psycopg.Connection,
    database: Database,
    drawn: list[DrawnConversation],
    role: tuple[str, ...] | None,
    size: int,
    backwards: bool,
) -> None:
    world, filter = World(connection, database, drawn), MessageFilter(role)
    position = partial(messages.listing.position, order=CHRONOLOGICAL)
    counts = await messages.listing.counts(world.tenant, world.conversations, filter)
    for id, row, count in zip(world.conversations, drawn, counts, strict=True):

        async def ask(window: Window, id: UUID = id) -> Page[Message]:
            pages = await messages.listing.pages(world.tenant, [id], filter, CHRONOLOGICAL, window)
            return pages[0]

        rows = read(await walk(ask, position, size, backwards=backwards), size, backwards=backwards)
        assert [message.role for message in rows] == [said for said in row.roles if role is None or said in role]
        assert rows == sorted(rows, key=position)
        assert count == len(rows)


@properties
@given(drawn_conversations, either, windows, bounds)
async def test_a_window_is_a_slice(
    connection: psycopg.Connection,
    database: Database,
    drawn: list[DrawnConversation],
    descending: bool,
    window: Window,
    numbers: Bounds,
) -> None:
    world, order = World(connection, database, drawn), Order("updated_at", descending)
    rows = await listed(world, order, ConversationFilter())
    window = placed(window, numbers, rows, order)
    page = await conversations.listing.page(world.tenant, ConversationFilter(), order, window)
    places = [conversations.listing.position(row, order) for row in rows]
    start = 0 if window.after is None else places.index(window.after) + 1
    stop = len(rows) if window.before is None else places.index(window.before)
    step = -1 if window.backwards else 1
    within = rows[start:stop][::step][window.offset :]
    assert page.rows == within[: window.size][::step]
    beyond = window.after if window.backwards else window.before
    more = window.size is not None and len(within) > window.size
    assert (page.has_previous if window.backwards else page.has_next) == (more or beyond is not None)


@properties
@given(drawn_conversations, orders, choices(STATUSES), st.lists(st.integers(0, 6), max_size=5), windows, bounds)
async def test_pages_of_many_parents_are_the_pages_of_each(
    connection: psycopg.Connection,
    database: Database,
    drawn: list[DrawnConversation],
    order: Order,
    status: tuple[str, ...] | None,
    chosen: list[int],
    window: Window,
    numbers: Bounds,
) -> None:
    world, stranger = World(connection, database, drawn), World(connection, database, drawn)
    candidates = [*world.leads, *stranger.leads, uuid4()]
    parents, filter = [candidates[number] for number in chosen], ConversationFilter(status=status)
    window = placed(window, numbers, await listed(world, order, ConversationFilter()), order)
    many = await conversations.listing.pages(world.tenant, parents, filter, order, window)
    counts = await conversations.listing.counts(world.tenant, parents, filter)
    for parent, page, count in zip(parents, many, counts, strict=True):
        own = filter._replace(lead_id=parent)
        assert page == await conversations.listing.page(world.tenant, own, order, window)
        assert count == await conversations.listing.count(world.tenant, own)


@pytest.mark.parametrize("backwards", [False, True])
async def test_a_walk_by_creation_is_exact_while_others_write(
    tenant: Tenant, organization: Organization, backwards: bool
) -> None:
    lead = organization.lead()
    before = [organization.conversation(lead) for _ in range(20)]
    order, filter = Order("created_at", descending=True), ConversationFilter()

    async def ask(window: Window) -> Page[Conversation]:
        page = await conversations.listing.page(tenant, filter, order, window)
        organization.conversation(lead)
        organization.conversation(lead, created_at=page.rows[0].created_at)
        organization.message(page.rows[-1].id)
        organization.sql("UPDATE conversations SET status = 'completed' WHERE id = %s", page.rows[0].id)
        return page

    position = partial(conversations.listing.position, order=order)
    pages = await walk(ask, position, 3, backwards=backwards)
    seen = [row.id for page in (pages[::-1] if backwards else pages) for row in page.rows]
    assert len(seen) == len(set(seen))
    assert [id for id in seen if id in before] == before[::-1]


async def test_a_cursor_outlives_its_row(tenant: Tenant, organization: Organization) -> None:
    ids = [organization.conversation() for _ in range(4)]
    order, filter = Order("created_at", descending=False), ConversationFilter()
    first = await conversations.listing.page(tenant, filter, order, Window(2))
    organization.sql("DELETE FROM conversations WHERE id = %s", ids[1])
    after = conversations.listing.position(first.rows[-1], order)
    rest = await conversations.listing.page(tenant, filter, order, Window(2, after=after))
    assert [row.id for row in rest.rows] == ids[2:]


@pytest.mark.parametrize("parents", [0, 1, 30])
async def test_many_parents_are_one_statement(tenant: Tenant, organization: Organization, parents: int) -> None:
    ids = [organization.conversation() for _ in range(parents)]
    await messages.listing.pages(tenant, ids, MessageFilter(), CHRONOLOGICAL, Window(5))
    assert tenant.statements == 1


async def test_a_parent_that_comes_again_is_not_counted_again(tenant: Tenant, organization: Organization) -> None:
    lead = organization.lead()
    organization.conversation(lead)
    assert await conversations.listing.counts(tenant, [lead, uuid4(), lead], ConversationFilter()) == [1, 0, 1]
    assert tenant.rows == 2


def test_an_order_knows_the_types_of_its_positions() -> None:
    types = {order: conversations.listing.types(Order(order, descending=True)) for order in ConversationOrderField}
    assert [value.__name__ for value, _ in types.values()] == ["datetime", "datetime", "int"]
    assert {tie for _, tie in types.values()} == {UUID}
    assert leads.listing.types(Order("name", descending=True)) == (str, UUID)
    assert messages.listing.types(CHRONOLOGICAL)[1] is int
