"""The arguments of connections: how many rows, and from where. What cannot be is BAD_USER_INPUT, by name."""

import pytest

from tests.support.organization import Organization
from tests.support.paging import Paged, paged, paged_of, refusal

CONVERSATIONS = paged("conversations")
LEADS = paged("leads")


def lists(organization: Organization) -> list[tuple[Paged, int]]:
    """Every connection, and its largest page."""
    lead = organization.lead()
    conversation = organization.conversation(lead)
    return [
        (CONVERSATIONS, 100),
        (LEADS, 100),
        (paged_of("lead", "conversations", lead), 100),
        (paged_of("conversation", "messages", conversation), 500),
    ]


def test_a_page_of_nothing(organization: Organization) -> None:
    for listed, _ in lists(organization):
        for name in ("first", "last"):
            page = listed.page(organization.http, **{name: 0})
            assert page["edges"] == []
            assert page["pageInfo"]["startCursor"] is page["pageInfo"]["endCursor"] is None


def test_a_size_must_be_between_0_and_the_largest(organization: Organization) -> None:
    for listed, largest in lists(organization):
        for name in ("first", "last"):
            assert "errors" not in listed.ask(organization.http, **{name: largest})
            for size in (-1, largest + 1, 2**31 - 1, -(2**31)):
                expected = f"`{name}` must be between 0 and {largest}, not {size}."
                assert refusal(listed, organization.http, **{name: size}) == expected


def test_first_and_last_together(organization: Organization) -> None:
    for listed, _ in lists(organization):
        message = refusal(listed, organization.http, first=1, last=1)
        assert message == "`first` and `last` cannot be given together."
        assert "errors" not in listed.ask(organization.http, first=1, last=None)


@pytest.mark.parametrize("value", ["1", 1.5, True, 2**31, [], {}])
def test_a_size_of_another_type(organization: Organization, value: object) -> None:
    body = LEADS.ask(organization.http, first=value)
    (error,) = body["errors"]
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}
    assert "$first" in error["message"]
    assert "data" not in body


def test_default_sizes(organization: Organization) -> None:
    lead = organization.lead()
    for table, rows in (("leads", 20), ("conversations", 21)):
        values = "'Jane', 'web'" if table == "leads" else f"'s', 'web', '{lead}'"
        columns = "name, channel" if table == "leads" else "session_key, channel, lead_id"
        organization.sql(
            f"INSERT INTO {table} (organization_id, {columns}) SELECT %s, {values} FROM generate_series(1, {rows})",
            organization.id,
        )
    conversation = organization.conversation()
    organization.sql(
        "INSERT INTO messages (organization_id, conversation_id, role, content)"
        " SELECT %s, %s, 'user', '' FROM generate_series(1, 51)",
        organization.id,
        conversation,
    )
    for listed, size in (
        (LEADS, 20),
        (CONVERSATIONS, 20),
        (paged_of("lead", "conversations", lead), 20),
        (paged_of("conversation", "messages", conversation), 50),
    ):
        page = listed.page(organization.http)
        assert len(page["edges"]) == size
        assert page["pageInfo"]["hasNextPage"]
