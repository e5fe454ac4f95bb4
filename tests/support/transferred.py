"""Records in the import form, as small as they can be."""

from uuid import uuid4

import orjson

Record = dict[str, object]


def lead(**values: object) -> Record:
    """A lead's line, with an id of its own."""
    return {
        "type": "lead",
        "id": str(uuid4()),
        "name": "Jane Smith",
        "phone": "+49123456789",
        "email": None,
        "company": None,
        "channel": "whatsapp",
        "channel_id": None,
        "status": "new",
        "preferred_services": [],
        "appointment_notes": "",
        "metadata": {},
        "created_at": "2026-03-07T10:00:00Z",
        "updated_at": "2026-03-07T10:00:00.000001Z",
        **values,
    }


def conversation(of: Record, **values: object) -> Record:
    """A conversation's line, with an id of its own."""
    return {
        "type": "conversation",
        "id": str(uuid4()),
        "lead_id": of["id"],
        "session_key": "whatsapp_+49123456789",
        "channel": "whatsapp",
        "status": "active",
        "created_at": "2026-03-07T10:00:00Z",
        "updated_at": "2026-03-07T10:05:00Z",
        **values,
    }


def message(of: Record, **values: object) -> Record:
    """A message's line, with an id of its own."""
    return {
        "type": "message",
        "id": str(uuid4()),
        "conversation_id": of["id"],
        "role": "user",
        "content": "Hello",
        "metadata": {},
        "created_at": "2026-03-07T10:01:00Z",
        **values,
    }


def lines(*records: Record) -> list[bytes]:
    """The records as a file's lines."""
    return [orjson.dumps(record) + b"\n" for record in records]
