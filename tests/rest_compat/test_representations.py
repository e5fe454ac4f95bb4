"""REST equals GraphQL: the same rows through both, field by field."""

import pytest

from tests.support.legacy import legacy
from tests.support.organization import Organization

LEAD = """
id name phone email company channel channelId status preferredServices appointmentNotes metadata createdAt
updatedAt
"""
MESSAGE = "id conversationId role content metadata createdAt"
CONVERSATION = """
id leadId sessionKey channel status messageCount createdAt updatedAt lead { id name email } lastMessageAt
lastMessagePreview
"""


@pytest.fixture
def colourful(organization: Organization) -> Organization:
    """Rows with whatever is hard to write: nulls, unicode, fractions of seconds, nested JSON."""
    metadata = {
        "camelCase": {"status": "KEPT"},
        "numbers": [1, 1.5, 10**20, -0.0, 1e-7],
        "text": 'ä"\\\n😀',
        "null": None,
    }
    lead_id = organization.lead(
        name="Zoë 😀", email="", company="A & B <C>", metadata=metadata, preferred_services=["a", "ß"]
    )
    organization.lead(name="", status="no_show", channel="email", created_at="2026-03-07T10:00:00.000001Z")
    for status in ("active", "completed", "escalated", "abandoned"):
        conversation_id = organization.conversation(lead_id, status=status, channel="voice", session_key="ü\t1")
        for role in ("user", "assistant", "system"):
            organization.message(conversation_id, f"{role}\n  says 😀 \u2028", role=role, metadata=metadata)
    organization.conversation(created_at="1999-12-31T23:59:59.999999+14:00")
    return organization


def test_conversations(colourful: Organization) -> None:
    answer = colourful.http.get("/api/v1/conversations").json()
    connection = colourful.graphql(f"{{ conversations {{ totalCount nodes {{ {CONVERSATION} }} }} }}")["conversations"]
    assert answer["conversations"] == legacy(connection["nodes"])
    assert answer["total"] == connection["totalCount"] == 5


def test_details_and_messages(colourful: Organization) -> None:
    query = f"""query($id: ID!) {{ conversation(id: $id) {{
        id leadId sessionKey channel status createdAt updatedAt messages {{ nodes {{ {MESSAGE} }} }}
        lead {{ id name }}
    }} }}"""
    for item in colourful.http.get("/api/v1/conversations").json()["conversations"]:
        path = f"/api/v1/conversations/{item['id']}"
        shown = colourful.graphql(query, id=item["id"])["conversation"]
        detail = colourful.http.get(path).json()
        assert detail == legacy({**shown, "messages": shown["messages"]["nodes"]})
        assert colourful.http.get(f"{path}/messages").json() == detail["messages"]
        assert len(detail["messages"]) == item["message_count"]


def test_leads(colourful: Organization) -> None:
    answer = colourful.http.get("/api/v1/leads").json()
    connection = colourful.graphql(f"{{ leads {{ totalCount nodes {{ {LEAD} }} }} }}")["leads"]
    full = legacy(connection["nodes"])
    assert answer["leads"] == [{key: lead[key] for key in answer["leads"][0]} for lead in full]
    assert answer["total"] == connection["totalCount"] == 3
    assert [colourful.http.get(f"/api/v1/leads/{lead['id']}").json() for lead in full] == full


def test_a_status_set_by_either_is_seen_by_the_other(organization: Organization) -> None:
    conversation_id = str(organization.conversation())
    path = f"/api/v1/conversations/{conversation_id}"
    answer = organization.http.patch(path, json={"status": "escalated"}).json()
    query = f"query($id: ID!) {{ conversation(id: $id) {{ {CONVERSATION} }} }}"
    assert legacy(organization.graphql(query, id=conversation_id)["conversation"]) == answer
    change = "updateConversationStatus(input: {id: $id, status: ABANDONED}) { userErrors { code } }"
    organization.graphql(f"mutation($id: ID!) {{ {change} }}", id=conversation_id)
    assert organization.http.get(path).json()["status"] == "abandoned"
