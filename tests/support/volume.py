"""Generated rows in bulk: a few organizations with the skew of real ones, made by PostgreSQL itself.

The first organization has two thirds of everything. A few leads talk often and a few conversations are long,
most are not; one in fifty is empty. The same numbers make the same rows.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import md5
from typing import NamedTuple
from uuid import UUID

import psycopg


class Volume(NamedTuple):
    """How many rows."""

    leads: int
    conversations: int
    messages: int
    organizations: int = 6


def organization_ids(volume: Volume) -> list[UUID]:
    """The organizations, the biggest first."""
    numbers = range(1, volume.organizations + 1)
    return [UUID(md5(f"organization {n}".encode(), usedforsecurity=False).hexdigest()) for n in numbers]


def fill(connection: psycopg.Connection, volume: Volume) -> None:
    """Write the rows into empty tables, with counters right, and gather statistics. Asks for autocommit."""
    values = volume._asdict()
    # VACUUM marks nothing as visible to all that is not on disk yet, and then no index is read alone.
    connection.execute("SET synchronous_commit = on")
    with connection.transaction(), _quiet(connection):
        connection.execute("SELECT setseed(0.5)")
        with _unindexed(connection):
            connection.execute(_LEADS, values)
            connection.execute(_CONVERSATIONS, values)
            connection.execute(_MESSAGES, values)
            connection.execute(_COUNTERS)
        for counted in ("leads", "conversations"):
            connection.execute(_COUNTS.replace("{table}", counted).encode())
    for table in ("leads", "conversations", "messages", "row_counts"):
        connection.execute(f"VACUUM ANALYZE {table}".encode())


@contextmanager
def _quiet(connection: psycopg.Connection) -> Iterator[None]:
    # Neither triggers nor foreign keys: what is written is consistent by itself.
    connection.execute("SET LOCAL session_replication_role = replica")
    yield
    connection.execute("SET LOCAL session_replication_role = origin")


@contextmanager
def _unindexed(connection: psycopg.Connection) -> Iterator[None]:
    # Indexes made of many rows at once take a fraction of the time. Those of primary keys stay.
    indexes = connection.execute(_INDEXES).fetchall()
    for name, _ in indexes:
        connection.execute(f"DROP INDEX {name}".encode())
    yield
    connection.execute("SET LOCAL maintenance_work_mem = '1GB'")
    for _, definition in indexes:
        connection.execute(definition.encode())


_INDEXES = """
SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
WHERE indrelid = ANY ('{leads,conversations,messages}'::regclass[])
    AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
"""

_COUNTS = """
INSERT INTO row_counts (organization_id, counted, status, channel, difference)
SELECT organization_id, '{table}', status, channel, count(*) FROM {table} GROUP BY organization_id, status, channel
"""

_LEADS = """
INSERT INTO leads (organization_id, id, name, phone, email, company, channel, status, metadata, created_at,
    updated_at)
SELECT md5('organization ' || CASE WHEN share < 2.0 / 3 THEN 1
        ELSE 2 + floor((%(organizations)s - 1) * power(3 * share - 2, 2))::int END)::uuid,
    md5('lead ' || n)::uuid, first_name || ' ' || family_name,
    '+49 ' || 1000000 + n, lower(first_name) || '.' || n || '@example.com',
    CASE WHEN n %% 3 = 0 THEN family_name || ' GmbH' END,
    (ARRAY['whatsapp', 'web', 'telegram', 'voice', 'email'])[1 + floor(5 * power(random(), 2))],
    (ARRAY['completed', 'new', 'booked', 'contacted', 'confirmed', 'lost', 'booking_offered', 'cancelled',
        'no_show'])[1 + floor(9 * power(random(), 2))],
    jsonb_build_object('source', 'campaign ' || n %% 7), created_at,
    created_at + random() * interval '30 days'
FROM (SELECT n, random() AS share,
        timestamptz '2025-01-01Z' + n * (interval '365 days' / %(leads)s) AS created_at,
        (ARRAY['Anna', 'Ben', 'Clara', 'David', 'Emma', 'Felix', 'Grace', 'Hannah', 'Ivan', 'Jane', 'Karl',
            'Lena', 'Marta', 'Noah', 'Olga', 'Zoë'])[1 + floor(16 * random())] AS first_name,
        (ARRAY['Bauer', 'Brown', 'Fischer', 'Garcia', 'Jones', 'Keller', 'Meyer', 'Müller', 'Novak', 'Rossi',
            'Schmidt', 'Smith', 'Taylor', 'Wagner', 'Weber', 'Young'])[1 + floor(16 * random())]
            AS family_name
    FROM generate_series(1, %(leads)s) AS n) AS lead
"""

_CONVERSATIONS = """
INSERT INTO conversations (organization_id, id, lead_id, session_key, channel, status, created_at, updated_at)
SELECT lead.organization_id, conversation.id, lead.id,
    conversation.channel || '_' || replace(lead.phone, ' ', ''), conversation.channel, conversation.status,
    conversation.created_at, conversation.created_at
FROM (SELECT md5('conversation ' || n)::uuid AS id,
        md5('lead ' || 1 + floor(%(leads)s * power(random(), 1.5)))::uuid AS lead_id,
        (ARRAY['whatsapp', 'web', 'telegram', 'voice'])[1 + floor(4 * power(random(), 2))] AS channel,
        (ARRAY['completed', 'active', 'abandoned', 'escalated'])[1 + floor(4 * power(random(), 2))] AS status,
        timestamptz '2025-02-01Z' + n * (interval '365 days' / %(conversations)s) AS created_at
    FROM generate_series(1, %(conversations)s) AS n) AS conversation
JOIN leads lead ON lead.id = conversation.lead_id
"""

# Message n is one of a run, and the first runs are the longest, as the square of n has it. The prime scatters
# long and short conversations over the year.
_MESSAGES = """
INSERT INTO messages (organization_id, id, conversation_id, role, content, metadata, created_at)
SELECT conversation.organization_id, md5('message ' || n)::uuid, conversation.id,
    (ARRAY['user', 'assistant', 'user', 'assistant', 'user', 'assistant', 'system'])[1 + n %% 7],
    substr(words, 1 + (random() * 700)::int, 80 + (random() * 120)::int),
    CASE WHEN n %% 10 = 0 THEN jsonb_build_object('tokens', n %% 400) ELSE '{}' END,
    conversation.created_at + nth * interval '40 seconds'
FROM (SELECT n,
        md5('conversation ' || 1 + run * 7919::bigint %% %(conversations)s)::uuid AS conversation_id,
        n - %(messages)s * sqrt(run / (0.98 * %(conversations)s)) AS nth
    FROM (SELECT n, floor(0.98 * %(conversations)s * power((n - 0.5) / %(messages)s, 2))::int AS run
        FROM generate_series(1, %(messages)s) AS n) AS numbered) AS message
JOIN conversations conversation ON conversation.id = message.conversation_id,
    (SELECT repeat('Good morning, I would like to book an appointment for a haircut next week, if you have '
        || 'anything free on Tuesday or Thursday after five. Of course, let me have a look: there is a '
        || 'place on Thursday at half past five. Guten Tag, ich müsste meinen Termin leider verschieben, '
        || 'geht es auch am Freitagvormittag? Gern, um zehn Uhr wäre noch etwas frei. How much is it with '
        || 'colour? ', 3)
        AS words) AS text
ORDER BY n
"""

_COUNTERS = """
UPDATE conversations conversation
SET message_count = counted.messages, last_message_at = counted.last, updated_at = counted.last,
    last_message_preview = gateway_preview(message.content)
FROM (SELECT conversation_id, count(*) AS messages, max(created_at) AS last
    FROM messages GROUP BY 1) AS counted
JOIN messages message
    ON message.conversation_id = counted.conversation_id AND message.created_at = counted.last
WHERE conversation.id = counted.conversation_id
"""
