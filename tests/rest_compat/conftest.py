"""Fixtures of REST's tests: a conversation to ask for, and a way to run operations."""

from uuid import UUID

import psycopg
import pytest

from gateway.auth import Scope, Viewer
from gateway.database.pool import Database
from gateway_graphql.context import Context
from tests.support.organization import Organization


@pytest.fixture
def context(database: Database, organization: Organization) -> Context:
    """A request by the organization's user: it counts its statements."""
    viewer = Viewer("user-1", organization.id, frozenset(Scope), expires_at=float("inf"))
    return Context(viewer, database)


@pytest.fixture
def conversation_id(organization: Organization) -> UUID:
    """A conversation with two messages."""
    conversation_id = organization.conversation(organization.lead(email="jane@example.com"))
    organization.message(conversation_id, "Hi")
    organization.message(conversation_id, "Hello!", role="assistant", metadata={"tokens": 7})
    return conversation_id


@pytest.fixture
def many(organization: Organization) -> list[UUID]:
    """45 conversations of one lead, in the order in which they are listed; many share their last activity."""
    rows = organization.sql(
        "INSERT INTO conversations (organization_id, lead_id, session_key, channel, updated_at)"
        " SELECT %s, %s, 'session ' || n, 'web', timestamptz '2026-03-07Z' + n / 7 * interval '1 hour'"
        " FROM generate_series(1, 45) AS n RETURNING updated_at, id",
        organization.id,
        organization.lead(),
    )
    return [id for _, id in sorted(rows, reverse=True)]


@pytest.fixture
def documented(organization: Organization, connection: psycopg.Connection) -> UUID:
    """The document's conversation, its abbreviated ids completed, with the two messages that it shows."""
    with connection.transaction():
        organization.sql("SET LOCAL gateway.bulk = 'on'")  # times as they are brought
        conversation_id = UUID("880b0500-0000-4000-8000-000000000000")
        organization.conversation(
            organization.lead(id=UUID("550e8400-0000-4000-8000-000000000000"), email="jane@example.com"),
            id=conversation_id,
            status="completed",
            created_at="2026-03-07T10:00:00Z",
            updated_at="2026-03-07T10:15:00Z",
        )
        organization.message(
            conversation_id,
            "Hi, I'd like to book a haircut",
            id=UUID("990c0600-0000-4000-8000-000000000000"),
            created_at="2026-03-07T10:00:00Z",
        )
        organization.message(
            conversation_id,
            "Hello! I'd be happy to help you book a haircut...",
            id=UUID("aa0d0700-0000-4000-8000-000000000000"),
            role="assistant",
            created_at="2026-03-07T10:00:05Z",
        )
    return conversation_id
