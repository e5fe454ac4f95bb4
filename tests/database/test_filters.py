"""Filters: what each criterion lets through."""

from datetime import timedelta
from typing import Any

import pytest

from gateway.database import conversations, leads, messages
from gateway.database.conversations import ConversationFilter
from gateway.database.filters import asked
from gateway.database.leads import LeadFilter
from gateway.database.messages import CHRONOLOGICAL, MessageFilter
from gateway.database.paging import Order, Window
from gateway.database.tenant import Tenant
from tests.support.organization import START, Organization

OLDEST_FIRST = Order("created_at", descending=False)
LATER = START + timedelta(minutes=1)
ALL = Window(None)


async def conversation_keys(tenant: Tenant, **criteria: Any) -> list[str]:
    filter = ConversationFilter(**criteria)
    page = await conversations.listing.page(tenant, filter, OLDEST_FIRST, ALL)
    assert await conversations.listing.count(tenant, filter) == len(page.rows)
    return [row.session_key for row in page.rows]


async def lead_names(tenant: Tenant, **criteria: Any) -> list[str]:
    filter = LeadFilter(**criteria)
    page = await leads.listing.page(tenant, filter, OLDEST_FIRST, ALL)
    assert await leads.listing.count(tenant, filter) == len(page.rows)
    return [row.name for row in page.rows]


async def test_choices_of_conversations(tenant: Tenant, organization: Organization) -> None:
    lead = organization.lead()
    organization.conversation(lead, session_key="a", status="active", channel="web")
    organization.conversation(lead, session_key="b", status="completed", channel="web")
    organization.conversation(session_key="c", status="abandoned", channel="voice")
    assert await conversation_keys(tenant) == ["a", "b", "c"]
    assert await conversation_keys(tenant, status=("completed",)) == ["b"]
    assert await conversation_keys(tenant, status=("active", "abandoned", "active")) == ["a", "c"]
    assert await conversation_keys(tenant, status=()) == []
    assert await conversation_keys(tenant, channel=("web",)) == ["a", "b"]
    assert await conversation_keys(tenant, channel=("web", "voice"), status=("abandoned",)) == ["c"]
    assert await conversation_keys(tenant, lead_id=lead) == ["a", "b"]
    assert await conversation_keys(tenant, lead_id=lead, status=("active",)) == ["a"]


async def test_bounds_of_change_are_exclusive(tenant: Tenant, organization: Organization) -> None:
    organization.conversation(session_key="a", updated_at=START)
    organization.conversation(session_key="b", updated_at=LATER)
    assert await conversation_keys(tenant, updated_after=START) == ["b"]
    assert await conversation_keys(tenant, updated_before=LATER) == ["a"]
    assert await conversation_keys(tenant, updated_after=START, updated_before=LATER) == []


async def test_choices_and_bounds_of_leads(tenant: Tenant, organization: Organization) -> None:
    organization.lead(name="a", status="new", channel="email", created_at=START)
    organization.lead(name="b", status="booked", channel="web", created_at=LATER)
    assert await lead_names(tenant) == ["a", "b"]
    assert await lead_names(tenant, status=("new",)) == ["a"]
    assert await lead_names(tenant, status=("booked", "lost")) == ["b"]
    assert await lead_names(tenant, channel=("email", "web")) == ["a", "b"]
    assert await lead_names(tenant, channel=()) == []
    assert await lead_names(tenant, created_after=START) == ["b"]
    assert await lead_names(tenant, created_before=LATER) == ["a"]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("Müller", ["name"]),
        ("mül", ["name"]),
        ("49 30", ["phone"]),
        ("JANE@example", ["email"]),
        ("gmbh", ["company"]),
        ("100%", ["percent"]),
        ("%", ["percent"]),
        ("_", ["underscore"]),
        ("\\", ["backslash"]),
        ("a%b", []),
        ("", ["name", "phone", "email", "company", "percent", "underscore", "backslash"]),
    ],
)
async def test_a_search_of_leads_finds_any_part(
    tenant: Tenant, organization: Organization, search: str, found: list[str]
) -> None:
    organization.lead(channel_id="name", name="Karl Müller")
    organization.lead(channel_id="phone", phone="+49 30 123")
    organization.lead(channel_id="email", email="jane@example.com")
    organization.lead(channel_id="company", company="Acme GmbH")
    organization.lead(channel_id="percent", company="100% Hair")
    organization.lead(channel_id="underscore", name="snake_case")
    organization.lead(channel_id="backslash", name="a\\b")
    page = await leads.listing.page(tenant, LeadFilter(search=search), OLDEST_FIRST, ALL)
    assert [lead.channel_id for lead in page.rows] == found


async def test_a_search_of_conversations_finds_keys_and_leads(
    tenant: Tenant, organization: Organization, stranger: Organization
) -> None:
    jane = organization.lead(name="Jane", email="j@example.com", phone="+49 30", company="Acme")
    organization.conversation(jane, session_key="first")
    organization.conversation(session_key="second_JANE")
    stranger.conversation(stranger.lead(name="Jane"), session_key="first")
    assert await conversation_keys(tenant, search="jane") == ["first", "second_JANE"]
    assert await conversation_keys(tenant, search="@EXAMPLE") == ["first"]
    assert await conversation_keys(tenant, search="49 3") == ["first"]
    assert await conversation_keys(tenant, search="Acme") == []
    assert await conversation_keys(tenant, search="jane", status=("completed",)) == []


async def test_roles_of_messages(tenant: Tenant, organization: Organization) -> None:
    conversation = organization.conversation()
    for role in ("user", "assistant", "system"):
        organization.message(conversation, role, role=role)
    filters = [MessageFilter(role) for role in (None, ("user",), ("system", "assistant"), ())]
    found = []
    for filter in filters:
        (page,) = await messages.listing.pages(tenant, [conversation], filter, CHRONOLOGICAL, ALL)
        assert await messages.listing.counts(tenant, [conversation], filter) == [len(page.rows)]
        found.append([message.content for message in page.rows])
    assert found == [["user", "assistant", "system"], ["user"], ["assistant", "system"], []]


def test_a_choice_of_one_is_an_equality() -> None:
    filter = ConversationFilter(status=("active",), channel=("web", "voice"))
    assert asked(filter).values == {"status_is": "active", "channel_among": ["web", "voice"]}
