"""Organizations drawn at random, with many ties in whatever lists are ordered by."""

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import uuid4

import psycopg
from hypothesis import strategies as st

from gateway.database.pool import Database
from gateway.database.tenant import Tenant
from tests.support.organization import START

STATUSES = ["active", "completed", "escalated"]
ROLES = ["user", "assistant"]


class DrawnConversation(NamedTuple):
    """A conversation to be written: which lead's, and its messages' roles."""

    lead: int
    created_at: datetime
    updated_at: datetime
    status: str
    roles: list[str]


class DrawnLead(NamedTuple):
    """A lead to be written."""

    name: str
    created_at: datetime
    updated_at: datetime


moments = st.integers(0, 3).map(lambda minute: START + timedelta(minutes=minute))
# Names that are equal in the part that they are ordered by, too.
names = st.one_of(st.text("aBäß😀 ", max_size=2), st.sampled_from(["n" * 200 + "a", "n" * 200 + "b", "n" * 199]))
drawn_leads = st.lists(st.builds(DrawnLead, names, moments, moments), min_size=1, max_size=10)
drawn_conversations = st.lists(
    st.builds(
        DrawnConversation,
        st.integers(0, 2),
        moments,
        moments,
        st.sampled_from(STATUSES),
        st.lists(st.sampled_from(ROLES), max_size=3),
    ),
    max_size=12,
)


class World:
    """A new organization with the drawn rows; `leads` and `conversations` are their ids."""

    def __init__(
        self,
        connection: psycopg.Connection,
        database: Database,
        conversations: list[DrawnConversation],
        leads: list[DrawnLead] | None = None,
    ) -> None:
        self.tenant = Tenant(database, uuid4())
        leads = leads or [DrawnLead("Jane", START, START)] * 3
        self.leads = [uuid4() for _ in leads]
        self.conversations = [uuid4() for _ in conversations]
        with connection.transaction(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL gateway.bulk = 'on'")
            self._insert_leads(cursor, leads)
            self._insert_conversations(cursor, conversations)
            self._insert_messages(cursor, conversations)

    def _insert_leads(self, cursor: psycopg.Cursor, leads: list[DrawnLead]) -> None:
        cursor.executemany(
            "INSERT INTO leads (organization_id, id, channel, name, created_at, updated_at)"
            " VALUES (%s, %s, 'web', %s, %s, %s)",
            [(self.tenant.organization_id, id, *lead) for id, lead in zip(self.leads, leads, strict=True)],
        )

    def _insert_conversations(self, cursor: psycopg.Cursor, conversations: list[DrawnConversation]) -> None:
        rows = [
            (self.tenant.organization_id, id, self.leads[drawn.lead], *drawn[1:4])
            for id, drawn in zip(self.conversations, conversations, strict=True)
        ]
        cursor.executemany(
            "INSERT INTO conversations (organization_id, id, session_key, channel, lead_id, created_at,"
            " updated_at, status) VALUES (%s, %s, 'key', 'web', %s, %s, %s, %s)",
            rows,
        )

    def _insert_messages(self, cursor: psycopg.Cursor, conversations: list[DrawnConversation]) -> None:
        rows = [
            (self.tenant.organization_id, id, role, drawn.created_at)
            for id, drawn in zip(self.conversations, conversations, strict=True)
            for role in drawn.roles
        ]
        cursor.executemany(
            "INSERT INTO messages (organization_id, conversation_id, content, role, created_at)"
            " VALUES (%s, %s, 'Hello', %s, %s)",
            rows,
        )
