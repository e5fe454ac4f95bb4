"""What the database keeps by itself, whoever writes: counters, previews, times of change."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from gateway.database.migrate import migrate
from tests.support.organization import START, Organization


def minutes(number: int) -> datetime:
    return START + timedelta(minutes=number)


def kept(organization: Organization, conversation: UUID) -> tuple[Any, ...]:
    """A conversation's count, time of the last message, and preview."""
    return organization.sql(
        "SELECT message_count, last_message_at, last_message_preview FROM conversations"
        " WHERE organization_id = %s AND id = %s",
        organization.id,
        conversation,
    )[0]


def updated_at(organization: Organization, id: UUID, table: str = "conversations") -> datetime:
    statement = f"SELECT updated_at FROM {table} WHERE organization_id = %s AND id = %s"
    found: datetime = organization.sql(statement, organization.id, id)[0][0]
    return found


def test_an_empty_conversation_has_no_last_message(organization: Organization) -> None:
    assert kept(organization, organization.conversation()) == (0, None, None)


def test_messages_are_counted_and_the_latest_is_shown(organization: Organization) -> None:
    conversation = organization.conversation()
    organization.message(conversation, "second", created_at=minutes(2))
    organization.message(conversation, "first", created_at=minutes(1))
    assert kept(organization, conversation) == (2, minutes(2), "second")


def test_of_messages_at_the_same_time_the_last_to_arrive_is_the_latest(organization: Organization) -> None:
    conversation = organization.conversation()
    for content in ("one", "two", ""):
        organization.message(conversation, content, created_at=START)
    assert kept(organization, conversation) == (3, START, "")


def test_one_statement_may_write_to_many_conversations(organization: Organization) -> None:
    first, second = organization.conversation(), organization.conversation()
    organization.sql(
        "INSERT INTO messages (organization_id, conversation_id, role, content, created_at)"
        " SELECT %s, unnest(%s::uuid[]), 'user', unnest(ARRAY['a', 'b', 'c']), unnest(%s::timestamptz[])",
        organization.id,
        [first, second, first],
        [minutes(3), minutes(2), minutes(1)],
    )
    assert kept(organization, first) == (2, minutes(3), "a")
    assert kept(organization, second) == (1, minutes(2), "b")


def test_copy_counts(organization: Organization, connection: psycopg.Connection) -> None:
    conversation = organization.conversation()
    columns = "organization_id, conversation_id, role, content, created_at"
    with connection.cursor().copy(f"COPY messages ({columns}) FROM STDIN".encode()) as copy:
        for number in range(3):
            copy.write_row((organization.id, conversation, "user", f"line {number}", minutes(number)))
    assert kept(organization, conversation) == (3, minutes(2), "line 2")


def test_an_edited_message_is_shown_as_it_is(organization: Organization) -> None:
    conversation = organization.conversation()
    first = organization.message(conversation, "first", created_at=minutes(1))
    last = organization.message(conversation, "last", created_at=minutes(2))
    organization.sql("UPDATE messages SET content = 'edited' WHERE id = %s", last)
    assert kept(organization, conversation) == (2, minutes(2), "edited")
    organization.sql("UPDATE messages SET created_at = %s WHERE id = %s", minutes(3), first)
    assert kept(organization, conversation) == (2, minutes(3), "first")


def test_messages_move_between_conversations(organization: Organization) -> None:
    origin, target = organization.conversation(), organization.conversation()
    for number in range(3):
        organization.message(origin, f"line {number}", created_at=minutes(number))
    organization.sql(
        "UPDATE messages SET conversation_id = %s WHERE conversation_id = %s AND created_at > %s",
        target,
        origin,
        minutes(0),
    )
    assert kept(organization, origin) == (1, minutes(0), "line 0")
    assert kept(organization, target) == (2, minutes(2), "line 2")


def test_what_is_deleted_is_not_counted(organization: Organization) -> None:
    conversation = organization.conversation()
    ids = [organization.message(conversation, f"line {n}", created_at=minutes(n)) for n in range(3)]
    organization.sql("DELETE FROM messages WHERE id = %s", ids[2])
    assert kept(organization, conversation) == (2, minutes(1), "line 1")
    organization.sql("DELETE FROM messages WHERE conversation_id = %s", conversation)
    assert kept(organization, conversation) == (0, None, None)


def test_writing_the_same_message_again_counts_once(organization: Organization) -> None:
    conversation, id = organization.conversation(), uuid4()
    for content in ("first", "again"):
        organization.sql(
            "INSERT INTO messages (organization_id, id, conversation_id, role, content, created_at)"
            " VALUES (%s, %s, %s, 'user', %s, %s), (%s, gen_random_uuid(), %s, 'user', 'other', %s)"
            " ON CONFLICT (organization_id, id) DO UPDATE SET content = excluded.content",
            *(organization.id, id, conversation, content, minutes(9)),
            *(organization.id, conversation, minutes(1)),
        )
    assert kept(organization, conversation) == (3, minutes(9), "again")


def test_a_lead_takes_its_conversations_and_messages_along(organization: Organization) -> None:
    lead, other = organization.lead(), organization.conversation()
    organization.message(organization.conversation(lead))
    organization.message(other, "stays", created_at=START)
    organization.sql("DELETE FROM leads WHERE id = %s", lead)
    count = "SELECT count(*) FROM messages WHERE organization_id = %s"
    assert organization.sql(count, organization.id) == [(1,)]
    assert kept(organization, other) == (1, START, "stays")


def test_the_same_id_in_another_organization_is_another_conversation(
    organization: Organization, stranger: Organization
) -> None:
    id = uuid4()
    for owner in (organization, stranger):
        owner.conversation(id=id)
    organization.message(id, "mine", created_at=START)
    assert kept(organization, id) == (1, START, "mine")
    assert kept(stranger, id) == (0, None, None)


def test_nobody_sets_by_hand_what_is_counted(organization: Organization) -> None:
    conversation = organization.conversation(
        updated_at=START, message_count=7, last_message_at=minutes(9), last_message_preview="invented"
    )
    assert kept(organization, conversation) == (0, None, None)
    organization.sql(
        "UPDATE conversations SET message_count = 7, last_message_at = now(), last_message_preview = '' WHERE id = %s",
        conversation,
    )
    assert kept(organization, conversation) == (0, None, None)
    assert updated_at(organization, conversation) == START


def test_writing_the_same_conversation_again_keeps_its_counters(organization: Organization) -> None:
    conversation = organization.conversation()
    organization.message(conversation, "kept", created_at=START)
    organization.sql(
        "INSERT INTO conversations SELECT * FROM conversations WHERE id = %s"
        " ON CONFLICT (organization_id, id) DO UPDATE SET message_count = excluded.message_count,"
        " last_message_at = excluded.last_message_at, last_message_preview = excluded.last_message_preview",
        conversation,
    )
    assert kept(organization, conversation) == (1, START, "kept")


ADD_A_MESSAGE = """
INSERT INTO messages (organization_id, conversation_id, role, content)
SELECT organization_id, id, 'user', 'Hello' FROM conversations WHERE id = %s
"""


@pytest.mark.parametrize(
    "change",
    [
        ADD_A_MESSAGE,
        "UPDATE conversations SET status = 'completed' WHERE id = %s",
        "UPDATE conversations SET updated_at = '1999-01-01Z' WHERE id = %s",
        "DELETE FROM messages WHERE conversation_id = %s",
    ],
)
def test_a_change_moves_updated_at(organization: Organization, change: str) -> None:
    conversation = organization.conversation(updated_at=START)
    organization.sql("BEGIN; SET LOCAL gateway.bulk = 'on'")
    organization.message(conversation)
    organization.sql("COMMIT")
    assert updated_at(organization, conversation) == START
    organization.sql(change, conversation)
    ((now,),) = organization.sql("SELECT clock_timestamp()")
    assert now - timedelta(minutes=1) < updated_at(organization, conversation) <= now


def test_what_changes_nothing_moves_nothing(organization: Organization) -> None:
    lead = organization.lead(updated_at=START)
    conversation = organization.conversation(lead, updated_at=START)
    organization.sql("UPDATE conversations SET status = status WHERE id = %s", conversation)
    organization.sql("UPDATE leads SET name = name WHERE id = %s", lead)
    assert updated_at(organization, conversation) == START
    assert updated_at(organization, lead, "leads") == START


def test_a_change_of_a_lead_moves_its_updated_at_alone(organization: Organization) -> None:
    lead = organization.lead(updated_at=START)
    conversation = organization.conversation(lead, updated_at=START)
    organization.sql("UPDATE leads SET company = 'Salon' WHERE id = %s", lead)
    assert updated_at(organization, lead, "leads") > START
    assert updated_at(organization, conversation) == START


def test_programs_with_another_search_path_and_few_rights_may_write(
    organization: Organization, database_url: str
) -> None:
    conversation, role = organization.conversation(), f"program_{uuid4().hex}"
    organization.sql(f"CREATE ROLE {role}")
    organization.sql(f"GRANT SELECT, INSERT, UPDATE ON leads, conversations, messages TO {role}")
    with psycopg.connect(database_url) as program:
        program.execute(f"SET ROLE {role}".encode())
        program.execute("SET search_path = ''")
        program.execute(
            "INSERT INTO public.messages (organization_id, conversation_id, role, content, created_at)"
            " VALUES (%s, %s, 'user', 'Hello', %s)",
            (organization.id, conversation, START),
        )
    assert kept(organization, conversation) == (1, START, "Hello")


def test_truncated_messages_are_counted_no_more(new_database: Callable[[], str]) -> None:
    url = new_database()
    migrate(url)
    with (
        psycopg.connect(url, autocommit=True) as connection,
        Organization(connection, "http://nowhere") as organization,
    ):
        conversation = organization.conversation()
        organization.message(conversation)
        organization.sql("TRUNCATE messages")
        assert kept(organization, conversation) == (0, None, None)
