"""Mutations: making changes, and reading what they return."""

from typing import Any

from tests.support.organization import Organization

LEAD = (
    "id name phone email company channel channelId status preferredServices appointmentNotes metadata "
    "createdAt updatedAt"
)
CONVERSATION = "id leadId sessionKey channel status messageCount createdAt updatedAt lastMessageAt lastMessagePreview"
MESSAGE = "id conversationId role content metadata createdAt"
FIELDS = {"lead": LEAD, "conversation": CONVERSATION, "message": MESSAGE}
PAYLOADS = {
    "updateConversationStatus": "conversation",
    "startConversation": "conversation",
    "addMessage": "message",
    "createLead": "lead",
    "updateLead": "lead",
}


def text(mutation: str) -> str:
    node = PAYLOADS[mutation]
    kind = mutation[0].upper() + mutation[1:]
    return (
        f"mutation ($input: {kind}Input!) {{ {mutation}(input: $input) {{ {node} {{ {FIELDS[node]} }} "
        "userErrors { code message field } } }"
    )


def change(organization: Organization, mutation: str, **input: object) -> dict[str, Any]:
    """Make a change that must succeed, return its node."""
    payload = organization.graphql(text(mutation), input=input)[mutation]
    assert payload["userErrors"] == []
    node: dict[str, Any] = payload[PAYLOADS[mutation]]
    return node


def user_errors(organization: Organization, mutation: str, **input: object) -> list[tuple[str, list[str] | None]]:
    """Try a change that must fail, return its user errors: code and field."""
    payload = organization.graphql(text(mutation), input=input)[mutation]
    assert payload[PAYLOADS[mutation]] is None
    assert all(error["message"] for error in payload["userErrors"])
    return [(error["code"], error["field"]) for error in payload["userErrors"]]


def read(organization: Organization, node: str, id: str) -> Any:
    return organization.graphql(f"query ($id: ID!) {{ {node}(id: $id) {{ {FIELDS[node]} }} }}", id=id)[node]


def inputs(organization: Organization) -> dict[str, dict[str, object]]:
    """What each mutation can be given."""
    lead = organization.lead()
    conversation = organization.conversation(lead)
    return {
        "updateConversationStatus": {"id": str(conversation), "status": "COMPLETED"},
        "startConversation": {"leadId": str(lead), "channel": "VOICE", "sessionKey": "voice_1"},
        "addMessage": {
            "conversationId": str(conversation),
            "role": "ASSISTANT",
            "content": "Hello",
            "metadata": {"a": 1},
        },
        "createLead": {"name": "Zoë"},
        "updateLead": {"id": str(lead), "name": "Ben", "status": "BOOKED"},
    }
