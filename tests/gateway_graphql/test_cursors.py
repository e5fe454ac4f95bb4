"""Cursors: what is not this list's own is BAD_USER_INPUT, whatever it is."""

from base64 import urlsafe_b64encode
from itertools import permutations
from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.support.organization import Organization
from tests.support.paging import Paged, ids, paged, paged_of, refusal

ID = str(UUID(int=1))
AT = "2026-03-07T10:00:00+00:00"

TIMES = ("conversations", "updated_at", True)
COUNTS = ("conversations", "message_count", True)
NAMES = ("leads", "name", True)

BY_TIME = paged("conversations")
BY_COUNT = paged("conversations", "orderBy: {field: MESSAGE_COUNT}")
BY_NAME = paged("leads", "orderBy: {field: NAME}")


def cursor(*parts: object) -> str:
    return urlsafe_b64encode(orjson.dumps(parts)).rstrip(b"=").decode()


def test_of_another_list_or_order(organization: Organization) -> None:
    conversation = organization.conversation()
    organization.message(conversation)
    messages = paged_of("conversation", "messages", conversation)
    ascending = paged("conversations", "orderBy: {direction: ASC}")
    for listed, other in permutations([BY_TIME, BY_COUNT, BY_NAME, paged("leads"), ascending, messages], 2):
        foreign = other.page(organization.http)["pageInfo"]["endCursor"]
        for argument in ("after", "before"):
            message = refusal(listed, organization.http, **{argument: foreign})
            assert message == f"`{argument}` is a cursor of another list or order."


def test_of_another_filter(organization: Organization) -> None:
    lead = organization.lead(name="Zoë")
    for _ in range(3):
        organization.conversation(lead)
    first = BY_TIME.page(organization.http, first=1)
    filtered = paged("conversations", 'filter: {search: "ZOË", status: [ACTIVE]}')
    rest = filtered.page(organization.http, after=first["pageInfo"]["endCursor"])
    assert ids(rest) == ids(BY_TIME.page(organization.http))[1:]
    of_lead = paged_of("lead", "conversations", lead)
    assert of_lead.page(organization.http, after=first["pageInfo"]["endCursor"]) == rest


def test_is_opaque_and_urlsafe(organization: Organization) -> None:
    organization.lead(name="ÿ" * 300)
    found = BY_NAME.page(organization.http)["pageInfo"]["endCursor"]
    assert found.isascii()
    assert found.replace("-", "").replace("_", "").isalnum()


@pytest.mark.parametrize(
    "text", ["", " ", "x", "not a cursor", "💥", "\0", "=" * 8, "null", ID, cursor(), "A" * 200_000]
)
def test_which_is_none(organization: Organization, text: str) -> None:
    for listed in (BY_TIME, BY_NAME):
        for argument in ("after", "before"):
            message = refusal(listed, organization.http, **{argument: text})
            assert message == f"`{argument}` is not a cursor."


def test_which_was_cut(organization: Organization) -> None:
    organization.conversation()
    whole = BY_TIME.page(organization.http)["pageInfo"]["endCursor"]
    for length in range(len(whole)):
        refusal(BY_TIME, organization.http, after=whole[:length])


@pytest.mark.parametrize(
    ("listed", "parts"),
    [
        pytest.param(BY_TIME, (*TIMES, AT), id="a value is missing"),
        pytest.param(BY_TIME, (*TIMES, AT, ID, 1), id="a value too many"),
        pytest.param(BY_TIME, (*TIMES, "2026-03-07T10:00:00", ID), id="no offset"),
        pytest.param(BY_TIME, (*TIMES, "0000-01-01T00:00:00Z", ID), id="year 0"),
        pytest.param(BY_TIME, (*TIMES, 5, ID), id="a number for a time"),
        pytest.param(BY_TIME, (*TIMES, None, ID), id="null for a time"),
        pytest.param(BY_TIME, (*TIMES, AT, 5), id="a number for an id"),
        pytest.param(BY_TIME, (*TIMES, AT, None), id="null for an id"),
        pytest.param(BY_TIME, (*TIMES, AT, ["x"]), id="a list for an id"),
        pytest.param(BY_TIME, (*TIMES, AT, {"x": 1}), id="an object for an id"),
        pytest.param(BY_COUNT, (*COUNTS, 2**63, ID), id="too large a count"),
        pytest.param(BY_COUNT, (*COUNTS, -1, ID), id="a negative count"),
        pytest.param(BY_COUNT, (*COUNTS, True, ID), id="a boolean for a count"),
        pytest.param(BY_COUNT, (*COUNTS, 1.5, ID), id="a broken count"),
        pytest.param(BY_NAME, (*NAMES, "a\0b", ID), id="a NUL in a name"),
        pytest.param(BY_NAME, (*NAMES, 5, ID), id="a number for a name"),
    ],
)
def test_with_other_values(organization: Organization, listed: Paged, parts: tuple[object, ...]) -> None:
    assert refusal(listed, organization.http, after=cursor(*parts)) == "`after` is not a cursor."


@pytest.mark.parametrize(
    ("listed", "parts"),
    [
        (BY_TIME, (*TIMES, "0001-01-01T00:00:00+23:59", ID)),
        (BY_TIME, (*TIMES, "9999-12-31T23:59:59.999999-23:59", ID)),
        (BY_COUNT, (*COUNTS, 2**63 - 1, ID)),
        (BY_NAME, (*NAMES, "", ID)),
        (BY_NAME, (*NAMES, "n" * 5000, ID)),
    ],
)
def test_of_no_row_but_of_this_list(organization: Organization, listed: Paged, parts: tuple[object, ...]) -> None:
    for argument in ("after", "before"):
        page = listed.page(organization.http, **{argument: cursor(*parts)})
        assert page["edges"] == []


scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from([AT, ID, "conversations", "updated_at", "message_count", "leads", "name"])
    | st.datetimes(timezones=st.timezones() | st.none()).map(lambda at: at.isoformat())
    | st.uuids().map(str)
)
anything = st.recursive(scalars, lambda some: st.lists(some) | st.dictionaries(st.text(), some), max_leaves=8)
heads = st.sampled_from([TIMES, COUNTS, NAMES])
ties = anything | st.just(ID)
forged = (
    st.builds(lambda head, value, tie: cursor(*head, value, tie), heads, anything, ties)
    | st.builds(lambda value: cursor(*TIMES, AT, value), anything)
    | st.builds(lambda parts: cursor(*parts), st.lists(anything, max_size=7))
    | anything.map(lambda value: urlsafe_b64encode(orjson.dumps(value)).decode())
    | st.binary().map(lambda data: urlsafe_b64encode(data).decode())
    | st.text()
)


@settings(max_examples=200, deadline=None)
@given(text=forged, listed=st.sampled_from([BY_TIME, BY_COUNT, BY_NAME]))
@example(text=cursor(*NAMES, "\ud7ff", ID), listed=BY_NAME)
def test_whatever_is_sent(crowd: Organization, text: str, listed: Paged) -> None:
    body: dict[str, Any] = listed.ask(crowd.http, after=text, first=1)
    codes = [error["extensions"]["code"] for error in body.get("errors", [])]
    assert codes in ([], ["BAD_USER_INPUT"])
