"""The document's examples, answered to the letter: values, keys, and their order."""

from uuid import UUID

import httpx
import psycopg

from tests.support.organization import Organization

LIST = """{
"conversations": [
{
"id": "880b0500-0000-4000-8000-000000000000",
"lead_id": "550e8400-0000-4000-8000-000000000000",
"session_key": "whatsapp_+49123456789",
"channel": "whatsapp",
"status": "completed",
"message_count": 12,
"created_at": "2026-03-07T10:00:00Z",
"updated_at": "2026-03-07T10:15:00Z",
"lead": {
"id": "550e8400-0000-4000-8000-000000000000",
"name": "Jane Smith",
"email": "jane@example.com"
},
"last_message_at": "2026-03-07T10:15:00Z",
"last_message_preview": "Your appointment is confirmed for..."
}
],
"total": 28,
"page": 1,
"size": 20
}"""

MESSAGES = """[
{
"id": "990c0600-0000-4000-8000-000000000000",
"conversation_id": "880b0500-0000-4000-8000-000000000000",
"role": "user",
"content": "Hi, I'd like to book a haircut",
"metadata": {},
"created_at": "2026-03-07T10:00:00Z"
},
{
"id": "aa0d0700-0000-4000-8000-000000000000",
"conversation_id": "880b0500-0000-4000-8000-000000000000",
"role": "assistant",
"content": "Hello! I'd be happy to help you book a haircut...",
"metadata": {},
"created_at": "2026-03-07T10:00:05Z"
}
]"""

DETAIL = (
    """{
"id": "880b0500-0000-4000-8000-000000000000",
"lead_id": "550e8400-0000-4000-8000-000000000000",
"session_key": "whatsapp_+49123456789",
"channel": "whatsapp",
"status": "completed",
"created_at": "2026-03-07T10:00:00Z",
"updated_at": "2026-03-07T10:15:00Z",
"messages": """
    + MESSAGES
    + """,
"lead": {
"id": "550e8400-0000-4000-8000-000000000000",
"name": "Jane Smith"
}
}"""
)


def said(answer: httpx.Response) -> str:
    """The text of an answer that must succeed."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    return answer.text


def compact(example: str) -> str:
    """An example without what its print adds."""
    return example.replace("\n", "").replace('": ', '":')


def test_list_conversations(organization: Organization, connection: psycopg.Connection, documented: UUID) -> None:
    with connection.transaction():
        organization.sql("SET LOCAL gateway.bulk = 'on'")
        for minute in range(6, 15):
            organization.message(documented, created_at=f"2026-03-07T10:{minute:02}:00Z")
        last = {"role": "assistant", "created_at": "2026-03-07T10:15:00Z"}
        organization.message(documented, "Your appointment is confirmed for...", **last)
        lead_id = organization.lead()
        for _ in range(27):
            organization.conversation(lead_id, updated_at="2026-03-06T00:00:00Z")
    answer = organization.http.get("/api/v1/conversations")
    item, _, rest = said(answer).partition(',{"id"')
    assert f"{item}{rest[rest.index(']') :]}" == compact(LIST)


def test_get_a_conversation(organization: Organization, documented: UUID) -> None:
    answer = organization.http.get(f"/api/v1/conversations/{documented}")
    assert said(answer) == compact(DETAIL)


def test_get_messages(organization: Organization, documented: UUID) -> None:
    answer = organization.http.get(f"/api/v1/conversations/{documented}/messages?limit=50&offset=0")
    assert said(answer) == compact(MESSAGES)


def test_update_conversation_status(organization: Organization, documented: UUID) -> None:
    path = f"/api/v1/conversations/{documented}"
    before = organization.http.get("/api/v1/conversations").json()["conversations"][0]
    answer = organization.http.patch(path, json={"status": "escalated"})
    assert said(answer)
    changed = answer.json()
    assert list(changed) == list(before)
    assert changed["updated_at"] > before["updated_at"]
    assert changed == {**before, "status": "escalated", "updated_at": changed["updated_at"]}
    assert organization.http.get("/api/v1/conversations").json()["conversations"] == [changed]
    assert organization.http.get(path).json()["status"] == "escalated"
