"""Many programs write to the same conversations at once: what the database keeps stays right."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.support.kept import WRONG
from tests.support.organization import START, Organization

WRITERS = 8

_INSERT = """
INSERT INTO messages (organization_id, conversation_id, role, content, created_at)
SELECT %s, unnest(%s::uuid[]), 'user', unnest(%s::text[]), unnest(%s::timestamptz[])
RETURNING id
"""


_REPEAT = """
INSERT INTO messages (organization_id, conversation_id, role, content, created_at)
SELECT organization_id, conversation_id, role, 'again', created_at FROM messages
"""


class Writer:
    """One program: it writes at random, and deletes and moves what it wrote itself."""

    def __init__(self, connection: psycopg.Connection, organization: UUID, seed: int) -> None:
        self.connection = connection
        self._organization = organization
        self._written: list[UUID] = []
        self._random = random.Random(seed)

    def insert(self, conversations: list[UUID]) -> None:
        contents = [f"message {self._random.random()}" for _ in conversations]
        rows = self.connection.execute(
            _INSERT, (self._organization, conversations, contents, [self._time() for _ in conversations])
        )
        self._written += [id for (id,) in rows]

    def delete(self, share: float) -> None:
        chosen = self._random.sample(self._written, int(len(self._written) * share))
        self.connection.execute("DELETE FROM messages WHERE id = ANY(%s)", (chosen,))
        self._written = [id for id in self._written if id not in chosen]

    def move(self, conversation: UUID, share: float) -> None:
        chosen = self._random.sample(self._written, int(len(self._written) * share))
        self.connection.execute(
            "UPDATE messages SET conversation_id = %s, created_at = %s WHERE id = ANY(%s)",
            (conversation, self._time(), chosen),
        )

    def _time(self) -> datetime:
        return START + timedelta(minutes=self._random.randrange(60))


def write_at_once(url: str, organization: UUID, work: Callable[[Writer, int], Any]) -> None:
    """Run the work in as many threads as there are writers, each with a connection of its own."""

    def run(number: int) -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            work(Writer(connection, organization, number), number)

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(run, range(WRITERS)))


def test_overlapping_transactions_on_a_few_conversations(organization: Organization, database_url: str) -> None:
    conversations = [organization.conversation() for _ in range(3)]

    def work(writer: Writer, number: int) -> None:
        for turn in range(15):
            # One conversation a transaction: the order of locks across several is the writer's own affair.
            conversation = conversations[(number + turn) % 3]
            with writer.connection.transaction():
                writer.insert([conversation] * 2)
                writer.connection.execute("SELECT pg_sleep(0.002)")
                writer.insert([conversation])
            writer.delete(0.1)

    write_at_once(database_url, organization.id, work)
    counted = organization.sql("SELECT count(*) FROM messages WHERE organization_id = %s", organization.id)
    assert counted[0][0] > WRITERS
    assert organization.sql(WRONG, organization.id) == []


def test_statements_that_touch_many_conversations(organization: Organization, database_url: str) -> None:
    conversations = [organization.conversation() for _ in range(12)]

    def work(writer: Writer, number: int) -> None:
        for turn in range(8):
            writer.insert(sorted(conversations) * 2)
            writer.move(conversations[(number + turn) % 12], 0.2)
            writer.delete(0.4)

    write_at_once(database_url, organization.id, work)  # a deadlock would raise here
    moved = organization.sql("SELECT max(message_count) FROM conversations WHERE organization_id = %s", organization.id)
    assert moved[0][0] > 0
    assert organization.sql(WRONG, organization.id) == []


def test_status_changes_while_messages_arrive(organization: Organization, database_url: str) -> None:
    conversations = [organization.conversation() for _ in range(2)]

    def work(writer: Writer, number: int) -> None:
        for turn in range(20):
            conversation = conversations[turn % 2]
            if number % 2:
                writer.insert([conversation])
            else:
                writer.connection.execute(
                    "UPDATE conversations SET status = %s WHERE id = %s",
                    (("active", "completed")[turn % 3 == 0], conversation),
                )

    write_at_once(database_url, organization.id, work)
    total = organization.sql("SELECT sum(message_count) FROM conversations WHERE organization_id = %s", organization.id)
    assert total == [(WRITERS // 2 * 20,)]
    assert organization.sql(WRONG, organization.id) == []


@pytest.mark.parametrize(
    "statement",
    [
        _REPEAT,
        "UPDATE messages SET content = 'edited'",
        "DELETE FROM messages",
    ],
)
def test_a_writer_that_waits_sees_what_the_other_wrote(
    organization: Organization, database_url: str, statement: str
) -> None:
    conversation = organization.conversation()
    organization.message(conversation, "early", created_at=START)
    own = f"{statement} WHERE organization_id = '{organization.id}' AND content = 'early'".encode()
    with (
        psycopg.connect(database_url) as first,
        psycopg.connect(database_url) as second,
        ThreadPoolExecutor(1) as pool,
    ):
        late = (organization.id, [conversation], ["late"], [START + timedelta(hours=1)])
        first.execute(_INSERT, late)
        waiting = pool.submit(second.execute, own)
        blocked = "SELECT pid FROM pg_locks WHERE NOT granted AND pid = %s"
        while not organization.sql(blocked, second.info.backend_pid):
            assert not waiting.done()
        first.commit()
        waiting.result()
    assert organization.sql(WRONG, organization.id) == []
    latest = organization.sql("SELECT last_message_preview FROM conversations WHERE id = %s", conversation)
    assert latest == [("late",)]
