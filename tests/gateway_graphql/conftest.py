"""Fixtures of GraphQL's tests: a socket, and an organization with many rows."""

from collections.abc import Iterator

import psycopg
import pytest

from tests.support.organization import Organization
from tests.support.socket import Socket, acknowledged


@pytest.fixture
def socket(organization: Organization) -> Iterator[Socket]:
    """A socket of the organization's, on which operations can be run."""
    with acknowledged(organization) as socket:
        yield socket


@pytest.fixture(scope="session")
def crowd(connection: psycopg.Connection, gateway_url: str) -> Iterator[Organization]:
    """An organization that is only read: 30 leads with 0 to 5 conversations, of 0 to 12 messages each.

    Rows share names, counts and times, so that every order has ties.
    """
    with Organization(connection, gateway_url) as organization:
        for statement in (_LEADS, _CONVERSATIONS, _MESSAGES):
            organization.sql(statement, organization.id)
        yield organization


_LEADS = """
INSERT INTO leads (organization_id, name, channel, channel_id, created_at, updated_at)
SELECT %s, 'Lead ' || n / 4, 'web', n, timestamptz '2026-01-01Z' + n / 3 * interval '1 hour',
    timestamptz '2026-02-01Z' + n %% 5 * interval '1 us'
FROM generate_series(0, 29) AS n
"""

_CONVERSATIONS = """
INSERT INTO conversations (organization_id, lead_id, session_key, channel, created_at, updated_at)
SELECT organization_id, id, channel_id || '.' || n, 'web',
    timestamptz '2026-02-01Z' + n / 2 * interval '1 hour',
    timestamptz '2026-02-01Z' + n / 2 * interval '1 hour'
FROM leads, generate_series(1, channel_id::int %% 6) AS n
WHERE organization_id = %s
"""

_MESSAGES = """
INSERT INTO messages (organization_id, conversation_id, role, content, created_at)
SELECT organization_id, id, (ARRAY['user', 'assistant', 'system'])[1 + n %% 3], 'message ' || n,
    timestamptz '2026-03-01Z' + n / 3 * interval '1 minute'
FROM (SELECT *, row_number() OVER (ORDER BY session_key) AS place FROM conversations
    WHERE organization_id = %s) AS conversation, generate_series(1, place %% 13) AS n
"""
