"""Examples of what the calls answer: the document's own, its abbreviated ids completed."""

from typing import Any

_LEAD_ID = "550e8400-0000-4000-8000-000000000000"
_CONVERSATION_ID = "880b0500-0000-4000-8000-000000000000"

MESSAGES: list[dict[str, Any]] = [
    {
        "id": "990c0600-0000-4000-8000-000000000000",
        "conversation_id": _CONVERSATION_ID,
        "role": "user",
        "content": "Hi, I'd like to book a haircut",
        "metadata": {},
        "created_at": "2026-03-07T10:00:00Z",
    },
    {
        "id": "aa0d0700-0000-4000-8000-000000000000",
        "conversation_id": _CONVERSATION_ID,
        "role": "assistant",
        "content": "Hello! I'd be happy to help you book a haircut...",
        "metadata": {},
        "created_at": "2026-03-07T10:00:05Z",
    },
]
_THREAD: dict[str, Any] = {
    "id": _CONVERSATION_ID,
    "lead_id": _LEAD_ID,
    "session_key": "whatsapp_+49123456789",
    "channel": "whatsapp",
    "status": "completed",
}
_TIMES: dict[str, Any] = {"created_at": "2026-03-07T10:00:00Z", "updated_at": "2026-03-07T10:15:00Z"}
CONVERSATION: dict[str, Any] = {
    **_THREAD,
    **_TIMES,
    "messages": MESSAGES,
    "lead": {"id": _LEAD_ID, "name": "Jane Smith"},
}
ITEM: dict[str, Any] = {
    **_THREAD,
    "message_count": 12,
    **_TIMES,
    "lead": {"id": _LEAD_ID, "name": "Jane Smith", "email": "jane@example.com"},
    "last_message_at": "2026-03-07T10:15:00Z",
    "last_message_preview": "Your appointment is confirmed for...",
}
_CONTACT: dict[str, Any] = {
    "name": "Jane Smith",
    "phone": "+49123456789",
    "email": "jane@example.com",
    "company": None,
    "channel": "whatsapp",
}
LEAD: dict[str, Any] = {
    "id": _LEAD_ID,
    **_CONTACT,
    "channel_id": "+49123456789",
    "status": "new",
    "preferred_services": ["haircut"],
    "appointment_notes": "after five",
    "metadata": {"tags": ["regular"]},
    **_TIMES,
}
_BRIEF = {key: LEAD[key] for key in ("id", *_CONTACT, "status", "created_at")}

ANSWERS: dict[str, Any] = {
    "list_conversations": {"conversations": [ITEM], "total": 28, "page": 1, "size": 20},
    "get_conversation": CONVERSATION,
    "get_messages": MESSAGES,
    "update_conversation_status": ITEM,
    "list_leads": {"leads": [_BRIEF], "total": 1, "page": 1, "size": 20},
    "get_lead": LEAD,
    "create_lead": LEAD,
    "update_lead": LEAD,
}
"""By operation id."""

BODIES: dict[str, Any] = {
    "update_conversation_status": {"status": "completed"},
    "create_lead": {"name": "Jane Smith", "phone": "+49123456789", "preferred_services": ["haircut"]},
    "update_lead": {"status": "booked", "appointment_notes": None},
}
