"""Filters: each alone and all together. null is no filter, an empty list matches nothing."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.support.organization import START, Organization

CONVERSATIONS = """query ($filter: ConversationFilter) {
    rows: conversations(filter: $filter, orderBy: {field: CREATED_AT, direction: ASC}) {
        totalCount nodes { name: sessionKey }
    }
}"""
LEADS = """query ($filter: LeadFilter) {
    rows: leads(filter: $filter, orderBy: {direction: ASC}) { totalCount nodes { name } }
}"""
OF_LEAD = """query ($id: ID!, $filter: ConversationFilter) { lead(id: $id) {
    rows: conversations(filter: $filter, orderBy: {direction: ASC}) { totalCount nodes { name: sessionKey } }
} }"""


def found(organization: Organization, query: str, filter: object, **variables: object) -> list[str]:
    """The names of what a filter lets through, which is also counted."""
    data = organization.graphql(query, filter=filter, **variables)
    rows: dict[str, Any] = data["rows"] if "rows" in data else data["lead"]["rows"]
    assert rows["totalCount"] == len(rows["nodes"])
    return [row["name"] for row in rows["nodes"]]


def conversations(organization: Organization) -> list[UUID]:
    """Three conversations of two leads."""
    jane = organization.lead(name="Jane Smith", email="Jane@Example.com", phone="+49 30 1234")
    zoe = organization.lead(name="Zoë ÄPFEL", email=None, phone=None)
    values: list[tuple[UUID, str, str, str]] = [
        (jane, "a_1", "whatsapp", "active"),
        (jane, "b%2", "web", "completed"),
        (zoe, "c\\3", "voice", "active"),
    ]
    for minute, (lead, key, channel, status) in enumerate(values):
        at = START.replace(minute=minute)
        organization.conversation(lead, session_key=key, channel=channel, status=status, created_at=at, updated_at=at)
    return [jane, zoe]


EVERYTHING = ["a_1", "b%2", "c\\3"]


@pytest.mark.parametrize(
    ("filter", "expected"),
    [
        (None, EVERYTHING),
        ({}, EVERYTHING),
        (
            dict.fromkeys(["leadId", "status", "channel", "updatedAfter", "updatedBefore", "search"]),
            EVERYTHING,
        ),
        ({"status": []}, []),
        ({"channel": []}, []),
        ({"status": [], "channel": ["WEB"]}, []),
        ({"status": ["ACTIVE"]}, ["a_1", "c\\3"]),
        ({"status": "ACTIVE"}, ["a_1", "c\\3"]),
        ({"status": ["ACTIVE", "ACTIVE", "ESCALATED"]}, ["a_1", "c\\3"]),
        ({"status": ["ACTIVE", "COMPLETED"]}, EVERYTHING),
        ({"channel": ["WEB", "VOICE"]}, ["b%2", "c\\3"]),
        ({"channel": ["TELEGRAM"]}, []),
        ({"updatedAfter": "2026-03-07T10:00:00Z"}, ["b%2", "c\\3"]),
        ({"updatedAfter": "2026-03-07T09:59:59.999999Z"}, EVERYTHING),
        ({"updatedBefore": "2026-03-07T10:02:00Z"}, ["a_1", "b%2"]),
        ({"updatedBefore": "2026-03-07T12:02:00.000001+02:00"}, EVERYTHING),
        ({"updatedAfter": "2026-03-07T10:00:00Z", "updatedBefore": "2026-03-07T10:02:00Z"}, ["b%2"]),
        ({"updatedAfter": "2026-03-07T10:01:00Z", "updatedBefore": "2026-03-07T10:01:00Z"}, []),
        ({"search": ""}, EVERYTHING),
        ({"search": "_"}, ["a_1"]),
        ({"search": "%"}, ["b%2"]),
        ({"search": "\\"}, ["c\\3"]),
        ({"search": "A_1"}, ["a_1"]),
        ({"search": "e sm"}, ["a_1", "b%2"]),
        ({"search": "JANE@"}, ["a_1", "b%2"]),
        ({"search": "30 12"}, ["a_1", "b%2"]),
        ({"search": "zoË"}, ["c\\3"]),
        ({"search": "äpf"}, ["c\\3"]),
        ({"search": "nobody"}, []),
        ({"search": " "}, EVERYTHING),
        ({"search": "'; --"}, []),
        ({"status": ["ACTIVE"], "channel": ["VOICE", "WEB"], "search": "z"}, ["c\\3"]),
    ],
)
def test_conversations(organization: Organization, filter: object, expected: list[str]) -> None:
    jane, _ = conversations(organization)
    assert found(organization, CONVERSATIONS, filter) == expected
    of_jane = [name for name in expected if name != "c\\3"]
    assert found(organization, OF_LEAD, filter, id=str(jane)) == of_jane


def test_conversations_of_a_lead(organization: Organization, stranger: Organization) -> None:
    jane, zoe = conversations(organization)
    (theirs, _) = conversations(stranger)
    assert found(organization, CONVERSATIONS, {"leadId": str(jane)}) == ["a_1", "b%2"]
    assert found(organization, CONVERSATIONS, {"leadId": str(jane), "status": ["ACTIVE"]}) == ["a_1"]
    assert found(organization, CONVERSATIONS, {"leadId": str(theirs)}) == []
    assert found(organization, CONVERSATIONS, {"leadId": str(uuid4())}) == []
    assert found(organization, OF_LEAD, {"leadId": str(zoe)}, id=str(zoe)) == ["c\\3"]
    assert found(organization, OF_LEAD, {"leadId": str(zoe)}, id=str(jane)) == []


@pytest.mark.parametrize(
    ("filter", "expected"),
    [
        (None, ["Jane", "Zoë"]),
        (dict.fromkeys(["status", "channel", "search", "createdAfter", "createdBefore"]), ["Jane", "Zoë"]),
        ({"status": []}, []),
        ({"channel": []}, []),
        ({"status": ["NO_SHOW"]}, ["Zoë"]),
        ({"status": ["NEW", "NO_SHOW", "LOST"]}, ["Jane", "Zoë"]),
        ({"channel": ["EMAIL"]}, ["Jane"]),
        ({"channel": ["EMAIL"], "status": ["NO_SHOW"]}, []),
        ({"createdAfter": "2026-03-07T10:00:00Z"}, ["Zoë"]),
        ({"createdBefore": "2026-03-07T10:01:00Z"}, ["Jane"]),
        ({"search": "ZOË"}, ["Zoë"]),
        ({"search": "& SÖHNE"}, ["Zoë"]),
        ({"search": "@EXAMPLE"}, ["Jane"]),
        ({"search": "555"}, ["Zoë"]),
        ({"search": "secret"}, []),
    ],
)
def test_leads(organization: Organization, filter: object, expected: list[str]) -> None:
    organization.lead(name="Jane", channel="email", email="jane@example.com", created_at=START)
    organization.lead(
        name="Zoë",
        company="Müller & Söhne",
        phone="0555",
        status="no_show",
        appointment_notes="secret",
        metadata={"note": "secret"},
        created_at=START.replace(minute=1),
    )
    assert found(organization, LEADS, filter) == expected


@pytest.mark.parametrize(
    ("filter", "place"),
    [
        ({"leadId": "x"}, "filter.leadId"),
        ({"leadId": ""}, "filter.leadId"),
        ({"search": "a\0b"}, "filter.search"),
        ({"updatedAfter": "yesterday"}, ".updatedAfter"),
        ({"updatedAfter": "2026-03-07"}, ".updatedAfter"),
        ({"updatedBefore": "2026-03-07T10:00:00"}, ".updatedBefore"),
        ({"updatedBefore": "2026-02-30T10:00:00Z"}, ".updatedBefore"),
        ({"updatedBefore": "2026-03-07T10:00:60Z"}, ".updatedBefore"),
        ({"updatedBefore": "9999-12-31T23:59:60Z"}, ".updatedBefore"),
        ({"updatedBefore": "0001-01-01T00:00:00+23:59"}, ".updatedBefore"),
        ({"updatedBefore": 1772877600}, ".updatedBefore"),
        ({"updatedBefore": ["2026-03-07T10:00:00Z"]}, ".updatedBefore"),
        ({"status": ["active"]}, ".status[0]"),
        ({"status": [None]}, ".status[0]"),
        ({"channel": ["WEB", "EMAIL"]}, ".channel[1]"),
        ({"status": [{}]}, ".status[0]"),
        ({"search": 5}, ".search"),
        ({"colour": "red"}, "colour"),
        ("active", "filter"),
    ],
)
def test_what_is_wrong_is_named(organization: Organization, filter: object, place: str) -> None:
    (error,) = organization.graphql_errors(CONVERSATIONS, filter=filter)
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}
    assert place in error["message"]


@pytest.mark.parametrize(
    "filter",
    ['updatedAfter: "yesterday"', "updatedAfter: 5", "status: [LOST]", "colour: RED", 'search: "\\ud800"'],
)
def test_what_is_wrong_in_the_document_is_located(organization: Organization, filter: str) -> None:
    errors = organization.graphql_errors(f"{{\n  conversations(filter: {{{filter}}}) {{ totalCount }}\n}}")
    assert errors[0]["locations"][0]["line"] == 2
    assert errors[0]["extensions"]["code"] in {"GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED"}


@pytest.mark.parametrize("leap_second", ["1990-12-31T23:59:60Z", "1990-12-31T15:59:60-08:00", "1990-12-31T23:59:60.0z"])
def test_a_leap_second_is_the_next_days_first(organization: Organization, leap_second: str) -> None:
    new_year = datetime(1991, 1, 1, tzinfo=UTC)
    for name, microseconds in (("before", -1), ("then", 0), ("after", 1)):
        organization.lead(name=name, created_at=new_year + timedelta(microseconds=microseconds))
    assert found(organization, LEADS, {"createdAfter": leap_second}) == ["after"]
    assert found(organization, LEADS, {"createdBefore": leap_second}) == ["before"]


@pytest.mark.parametrize("year", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"])
def test_the_ends_of_time(organization: Organization, year: str) -> None:
    conversations(organization)
    assert found(organization, CONVERSATIONS, {"updatedAfter": year}) == (EVERYTHING if year < "2" else [])
    assert found(organization, CONVERSATIONS, {"updatedBefore": year}) == ([] if year < "2" else EVERYTHING)
