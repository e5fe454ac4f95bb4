"""The demo's visitors, written to the tables in SQL, as another program would."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, LiteralString
from uuid import UUID, uuid4

import psycopg
from psycopg.types.json import Jsonb

from gateway.database.admin.command_errors import command_errors

_LEAD = """
    INSERT INTO leads (organization_id, id, name, phone, email, channel, channel_id, metadata)
    VALUES (
        %(organization)s, %(lead)s, %(name)s, %(phone)s, %(email)s, %(channel)s, %(channel_id)s, '{"visitor": true}'
    )
"""
_CONVERSATION = """
    INSERT INTO conversations (organization_id, id, lead_id, session_key, channel)
    VALUES (%(organization)s, %(conversation)s, %(lead)s, %(session_key)s, %(session_channel)s)
"""
_MESSAGE = """
    INSERT INTO messages (organization_id, conversation_id, role, content, metadata)
    VALUES (%(organization)s, %(conversation)s, %(role)s, %(content)s, %(metadata)s)
"""
_CONVERSATION_STATUS = """
    UPDATE conversations SET status = %(status)s WHERE organization_id = %(organization)s AND id = %(conversation)s
"""
_LEAD_STATUS = "UPDATE leads SET status = %(status)s WHERE organization_id = %(organization)s AND id = %(lead)s"
_FORGET = """
    DELETE FROM leads WHERE organization_id = %(organization)s AND id IN (
        SELECT id FROM leads WHERE organization_id = %(organization)s AND metadata @> '{"visitor": true}'
        ORDER BY created_at DESC OFFSET %(kept)s
    )
"""


class Visit:
    """A lead who is new, and their conversation."""

    def __init__(self, connection: psycopg.Connection, organization_id: UUID, values: Mapping[str, object]) -> None:
        """Write both. `values`: name, phone, email, channel, channel_id, session_key, session_channel."""
        self._connection = connection
        self._keys = {"organization": organization_id, "lead": uuid4(), "conversation": uuid4()}
        with connection.transaction():
            self._run(_LEAD, **values)
            self._run(_CONVERSATION, **values)

    def say(self, role: str, content: str, metadata: dict[str, Any]) -> None:
        """Add a message."""
        self._run(_MESSAGE, role=role, content=content, metadata=Jsonb(metadata))

    def end(self, conversation_status: str, lead_status: str) -> None:
        """Say how it ended."""
        self._run(_CONVERSATION_STATUS, status=conversation_status)
        self._run(_LEAD_STATUS, status=lead_status)

    def _run(self, statement: LiteralString, **values: object) -> None:
        self._connection.execute(statement, {**self._keys, **values})


class Visits:
    """An organization's visitors, on a connection that commits every statement."""

    def __init__(self, connection: psycopg.Connection, organization_id: UUID) -> None:
        self._connection = connection
        self._organization_id = organization_id

    def begin(self, values: Mapping[str, object]) -> Visit:
        """Let somebody come, as Visit says."""
        return Visit(self._connection, self._organization_id, values)

    def forget(self, *, kept: int) -> None:
        """Delete all visitors but the newest, with what they said."""
        self._connection.execute(_FORGET, {"organization": self._organization_id, "kept": kept})


@contextmanager
def visits_of(database_url: str, organization_id: UUID) -> Iterator[Visits]:
    """Connect until the block ends. Raises DatabaseUnavailable, also in the block."""
    with command_errors(), psycopg.connect(database_url, autocommit=True) as connection:
        yield Visits(connection, organization_id)
