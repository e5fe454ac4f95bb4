"""Pages: every row exactly once and in order, whichever way they are walked, while others write."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.organization import START, Organization
from tests.support.paging import Paged, ids, paged, paged_of

Walk = Callable[[Paged, httpx.Client, int], Iterator[dict[str, Any]]]

ORDERS = {
    "conversations": ("UPDATED_AT", "CREATED_AT", "MESSAGE_COUNT"),
    "leads": ("CREATED_AT", "UPDATED_AT", "NAME"),
}
LISTS = [
    (table, field, direction) for table, fields in ORDERS.items() for field in fields for direction in ("ASC", "DESC")
]


def ordered(table: str, field: str, direction: str) -> Paged:
    return paged(table, f"orderBy: {{field: {field}, direction: {direction}}}")


def stored(organization: Organization, table: str, order: str, where: str = "true") -> list[str]:
    """The ids of an organization's rows, in an order given as SQL."""
    statement = f"SELECT id FROM {table} WHERE organization_id = %s AND {where} ORDER BY {order}"
    return [str(id) for (id,) in organization.sql(statement, organization.id)]


def assert_walks(listed: Paged, organization: Organization, expected: list[str], size: int) -> None:
    pages = list(listed.forwards(organization.http, size))
    assert [id for page in pages for id in ids(page)] == expected
    assert all(len(ids(page)) == size for page in pages[:-1])
    pages = list(listed.backwards(organization.http, size))
    assert [id for page in reversed(pages) for id in ids(page)] == expected


@pytest.mark.parametrize(("table", "field", "direction"), LISTS)
def test_every_order_both_ways(crowd: Organization, table: str, field: str, direction: str) -> None:
    expected = stored(crowd, table, f"{field} {direction}, id {direction}")
    assert_walks(ordered(table, field, direction), crowd, expected, size=7)


@pytest.mark.parametrize(
    ("field", "default"),
    [("conversations", "updated_at DESC, id DESC"), ("leads", "created_at DESC, id DESC")],
)
def test_default_order(crowd: Organization, field: str, default: str) -> None:
    first = ids(paged(field).page(crowd.http, first=100))
    assert first == stored(crowd, field, default)[:100]


def test_a_leads_conversations(crowd: Organization) -> None:
    lead = crowd.sql(
        "SELECT lead_id FROM conversations WHERE organization_id = %s GROUP BY 1 HAVING count(*) = 5 LIMIT 1",
        crowd.id,
    )[0][0]
    for direction in ("ASC", "DESC"):
        order = f"orderBy: {{field: CREATED_AT, direction: {direction}}}"
        expected = stored(crowd, "conversations", f"created_at {direction}, id {direction}", f"lead_id = '{lead}'")
        assert len(expected) == 5
        assert_walks(paged_of("lead", "conversations", lead, order), crowd, expected, size=2)


@pytest.mark.parametrize("size", [1, 5, 500])
def test_a_conversations_messages(crowd: Organization, size: int) -> None:
    conversation = stored(crowd, "conversations", "message_count DESC")[0]
    expected = stored(crowd, "messages", "created_at, arrival", f"conversation_id = '{conversation}'")
    assert len(expected) == 12
    assert_walks(paged_of("conversation", "messages", conversation), crowd, expected, size)


def test_pages_of_many_parents_are_each_their_own(crowd: Organization) -> None:
    query = """query ($first: Int, $last: Int, $after: String) { leads(first: 30) { nodes { id
        conversations(first: $first, last: $last, after: $after, orderBy: {field: CREATED_AT}) {
            totalCount pageInfo { hasNextPage hasPreviousPage } nodes { id }
        }
    } } }"""
    for window in ({"first": 2}, {"last": 2}):
        for lead in crowd.graphql(query, **window)["leads"]["nodes"]:
            expected = stored(crowd, "conversations", "created_at DESC, id DESC", f"lead_id = '{lead['id']}'")
            page, more = lead["conversations"], len(expected) > 2
            nodes = [row["id"] for row in page["nodes"]]
            assert nodes == (expected[:2] if "first" in window else expected[-2:])
            assert page["totalCount"] == len(expected)
            info = {"hasNextPage": more and "first" in window, "hasPreviousPage": more and "last" in window}
            assert page["pageInfo"] == info


@settings(max_examples=120, deadline=None)
@given(
    data=st.data(),
    backwards=st.booleans(),
    size=st.integers(0, 100),
    direction=st.sampled_from(["ASC", "DESC"]),
)
def test_any_window(crowd: Organization, data: st.DataObject, backwards: bool, size: int, direction: str) -> None:
    listed = ordered("leads", "NAME", direction)
    rows = listed.page(crowd.http, first=100)["edges"]
    bound = st.none() | st.integers(0, len(rows) - 1)
    after, before = data.draw(bound, label="after"), data.draw(bound, label="before")
    window = {
        "last" if backwards else "first": size,
        "after": None if after is None else rows[after]["cursor"],
        "before": None if before is None else rows[before]["cursor"],
    }
    page = listed.page(crowd.http, **window)
    between = rows[0 if after is None else after + 1 : before]
    expected = between[max(len(between) - size, 0) :] if backwards else between[:size]
    assert page["edges"] == expected
    cut = len(between) > size
    assert page["pageInfo"] == {
        "hasPreviousPage": after is not None or (backwards and cut),
        "hasNextPage": before is not None or (not backwards and cut),
        "startCursor": expected[0]["cursor"] if expected else None,
        "endCursor": expected[-1]["cursor"] if expected else None,
    }


def test_a_cursor_outlives_its_row(organization: Organization) -> None:
    for number in range(4):
        organization.lead(created_at=START.replace(minute=number))
    listed = ordered("leads", "CREATED_AT", "ASC")
    first = listed.page(organization.http, first=2)
    rest = ids(listed.page(organization.http, after=first["pageInfo"]["endCursor"]))
    organization.sql("DELETE FROM leads WHERE organization_id = %s AND id = %s", organization.id, ids(first)[1])
    assert ids(listed.page(organization.http, after=first["pageInfo"]["endCursor"])) == rest


@contextmanager
def writing(database_url: str, organization: Organization) -> Iterator[None]:
    """Meanwhile, somebody writes conversations at both ends of every order and in between."""
    begun, done = threading.Event(), threading.Event()

    def write() -> None:
        with psycopg.connect(database_url, autocommit=True) as connection:
            others = Organization(connection, organization.url)
            others.id = organization.id
            with others:
                lead = others.lead(name="late")
                while not done.is_set():
                    for hour in (0, 10, 23):
                        created_at = START.replace(hour=hour)
                        others.conversation(lead, session_key="late", created_at=created_at)
                    begun.set()

    thread = threading.Thread(target=write)
    thread.start()
    begun.wait()
    try:
        yield
    finally:
        done.set()
        thread.join()


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
@pytest.mark.parametrize("walk", [Paged.forwards, Paged.backwards])
def test_while_others_write(organization: Organization, database_url: str, direction: str, walk: Walk) -> None:
    lead = organization.lead()
    for number in range(60):
        at = START.replace(hour=9 + number % 3, minute=number // 3)
        organization.conversation(lead, created_at=at)
    expected = stored(organization, "conversations", f"created_at {direction}, id {direction}")
    with writing(database_url, organization):
        pages = list(walk(ordered("conversations", "CREATED_AT", direction), organization.http, 3))
    if walk is Paged.backwards:
        pages.reverse()
    seen = [id for page in pages for id in ids(page)]
    assert len(seen) == len(set(seen)) > len(expected)
    assert [id for id in seen if id in expected] == expected
