"""Every field of every type, as it was written."""

from typing import Any
from uuid import UUID

import pytest

from tests.support.organization import START, Organization

LEAD = """query ($id: ID!) { lead(id: $id) {
    __typename id name phone email company channel channelId status preferredServices appointmentNotes
    metadata createdAt updatedAt
} }"""
CONVERSATION = """query ($id: ID!) { conversation(id: $id) {
    __typename id leadId lead { id name } sessionKey channel status messageCount createdAt updatedAt
    lastMessageAt lastMessagePreview lastMessage { id content }
} }"""
MESSAGE = """query ($id: ID!) { message(id: $id) {
    __typename id conversationId conversation { id sessionKey } role content metadata createdAt
} }"""


def test_a_lead(organization: Organization) -> None:
    values = {
        "name": "Zoë Müller 🦷",
        "phone": "+49 30 123456",
        "email": "zoe@example.com",
        "company": "Müller & Söhne",
        "appointment_notes": "after 17:00\nplease",
        "metadata": {"tags": ["vip"], "nested": {"ü": None}},
    }
    id = organization.lead(
        **values,
        channel="email",
        channel_id="zoe",
        status="booking_offered",
        preferred_services=["cleaning", 'with "quotes", commas'],
        created_at=START,
        updated_at=START.replace(microsecond=1),
    )
    assert organization.graphql(LEAD, id=str(id))["lead"] == {
        "__typename": "Lead",
        "id": str(id),
        "name": values["name"],
        "phone": values["phone"],
        "email": values["email"],
        "company": values["company"],
        "channel": "EMAIL",
        "channelId": "zoe",
        "status": "BOOKING_OFFERED",
        "preferredServices": ["cleaning", 'with "quotes", commas'],
        "appointmentNotes": values["appointment_notes"],
        "metadata": values["metadata"],
        "createdAt": "2026-03-07T10:00:00Z",
        "updatedAt": "2026-03-07T10:00:00.000001Z",
    }


def test_a_lead_with_nothing_but_a_name(organization: Organization) -> None:
    lead = organization.graphql(LEAD, id=str(organization.lead()))["lead"]
    empty = ("phone", "email", "company", "channelId", "appointmentNotes")
    assert [lead[name] for name in empty] == [None] * 5
    assert (lead["preferredServices"], lead["metadata"]) == ([], {})


def test_a_conversation(organization: Organization) -> None:
    lead = organization.lead(name="Jane")
    id = organization.conversation(
        lead, session_key="voice_1", channel="voice", status="escalated", created_at=START, updated_at=START
    )
    organization.message(id, "first", created_at=START.replace(minute=1))
    last = organization.message(id, "  Bis\n\n morgen! ", role="assistant", created_at=START.replace(minute=2))
    conversation = organization.graphql(CONVERSATION, id=str(id))["conversation"]
    assert conversation.pop("updatedAt") > "2026-03-07T10:02:00Z"
    assert conversation == {
        "__typename": "Conversation",
        "id": str(id),
        "leadId": str(lead),
        "lead": {"id": str(lead), "name": "Jane"},
        "sessionKey": "voice_1",
        "channel": "VOICE",
        "status": "ESCALATED",
        "messageCount": 2,
        "createdAt": "2026-03-07T10:00:00Z",
        "lastMessageAt": "2026-03-07T10:02:00Z",
        "lastMessagePreview": "Bis morgen!",
        "lastMessage": {"id": str(last), "content": "  Bis\n\n morgen! "},
    }


def test_an_empty_conversation(organization: Organization) -> None:
    conversation = organization.graphql(CONVERSATION, id=str(organization.conversation()))["conversation"]
    assert conversation["messageCount"] == 0
    names = ("lastMessage", "lastMessageAt", "lastMessagePreview")
    assert [conversation[name] for name in names] == [None] * 3


def test_a_message(organization: Organization) -> None:
    conversation = organization.conversation(session_key="s")
    metadata = {"model": "x", "usage": {"tokens": [1, 2.5, None, True]}}
    id = organization.message(conversation, "Grüß Gott 👋", role="system", metadata=metadata, created_at=START)
    assert organization.graphql(MESSAGE, id=str(id))["message"] == {
        "__typename": "Message",
        "id": str(id),
        "conversationId": str(conversation),
        "conversation": {"id": str(conversation), "sessionKey": "s"},
        "role": "SYSTEM",
        "content": "Grüß Gott 👋",
        "metadata": metadata,
        "createdAt": "2026-03-07T10:00:00Z",
    }


@pytest.mark.parametrize("text", ["", "a" * 100_000, '\u2028 \x01 \\ " </script>'])
def test_contents_come_as_they_are(organization: Organization, text: str) -> None:
    id = organization.message(organization.conversation(), text)
    assert organization.graphql(MESSAGE, id=str(id))["message"]["content"] == text


@pytest.mark.parametrize("number", ["123456789012345678901234567890", "1.00", "1e-7", "-0.1234567890123456789"])
def test_numbers_in_metadata_keep_every_digit(organization: Organization, number: str) -> None:
    id = organization.lead()
    organization.sql(
        "UPDATE leads SET metadata = %s::jsonb WHERE organization_id = %s AND id = %s",
        f'{{"n": {number}}}',
        organization.id,
        id,
    )
    stored = organization.sql("SELECT metadata::text FROM leads WHERE id = %s", id)[0][0]
    answer = organization.http.post("/graphql", json={"query": LEAD, "variables": {"id": str(id)}})
    assert f'"metadata":{stored},' in answer.text


def test_the_viewer_is_what_the_token_says(organization: Organization) -> None:
    query = "{ viewer { __typename userId organizationId scopes } }"
    with organization.client(sub="Ä 1", scope="leads:write other") as client:
        answer = client.post("/graphql", json={"query": query}).json()
    assert answer["data"]["viewer"] == {
        "__typename": "Viewer",
        "userId": "Ä 1",
        "organizationId": str(organization.id),
        "scopes": ["leads:read", "leads:write"],
    }


class TestMessages:
    """A conversation's messages."""

    @staticmethod
    def contents(organization: Organization, conversation: UUID, arguments: str = "") -> list[str]:
        messages = f"messages{arguments} {{ nodes {{ content }} }}"
        query = f"query ($id: ID!) {{ conversation(id: $id) {{ {messages} }} }}"
        found: dict[str, Any] = organization.graphql(query, id=str(conversation))["conversation"]
        return [node["content"] for node in found["messages"]["nodes"]]

    def test_are_chronological_and_then_in_order_of_arrival(self, organization: Organization) -> None:
        conversation = organization.conversation()
        for content, minute in (("late", 9), ("b", 5), ("a", 5), ("early", 1), ("c", 5)):
            organization.message(conversation, content, created_at=START.replace(minute=minute))
        assert self.contents(organization, conversation) == ["early", "b", "a", "c", "late"]
        last = "query ($id: ID!) { conversation(id: $id) { lastMessage { content } } }"
        found = organization.graphql(last, id=str(conversation))["conversation"]
        assert found["lastMessage"]["content"] == "late"

    def test_of_one_role(self, organization: Organization) -> None:
        conversation = organization.conversation()
        for role in ("user", "assistant", "system", "user"):
            organization.message(conversation, role, role=role)
        assert self.contents(organization, conversation, "(role: USER)") == ["user", "user"]
        assert self.contents(organization, conversation, "(role: SYSTEM)") == ["system"]
        assert len(self.contents(organization, conversation, "(role: null)")) == 4

    def test_keep_to_their_conversation(self, organization: Organization) -> None:
        lead = organization.lead()
        one, other = organization.conversation(lead), organization.conversation(lead)
        organization.message(one, "one")
        organization.message(other, "other")
        assert self.contents(organization, one) == ["one"]
