"""Threads: several questions in one round trip."""

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Integer, bindparam, literal_column, select

from gateway.database.allowance import Allowance
from gateway.database.errors import AnswerTooLarge
from gateway.database.messages import MessageFilter
from gateway.database.paging import Window
from gateway.database.pool import Database
from gateway.database.statements import Pipeline, Statement, scalar
from gateway.database.tenant import Tenant
from gateway.database.threads import ALL, Part, thread
from tests.support.organization import START, Organization

_NUMBER = bindparam("number", type_=Integer)
ITSELF: Statement[int] = Statement(select(_NUMBER), scalar)
INVERSE: Statement[int] = Statement(select(literal_column("10") / _NUMBER), scalar)
BOTH = Pipeline(ITSELF, INVERSE, ITSELF)


@pytest.fixture
def conversation_id(organization: Organization) -> UUID:
    """A conversation with Jane, of five messages."""
    conversation = organization.conversation(organization.lead(name="Jane"))
    for number in range(5):
        organization.message(conversation, f"message {number}", role=["user", "assistant"][number % 2])
    return conversation


@pytest.fixture(params=[{"prepares": True}, {"prepares": False}, {"row_security": True}], ids=str)
async def database(request: pytest.FixtureRequest, database_url: str) -> AsyncIterator[Database]:
    """A pool of one connection: prepared, not prepared, behind row security."""
    database = Database(database_url, size=1, timeout=5, statement_timeout=5, **request.param)
    await database.open()
    yield database
    await database.close()


async def test_everything(tenant: Tenant, conversation_id: UUID) -> None:
    for _ in range(2):  # the second time all is prepared
        found = await thread(tenant, conversation_id, lead=True, part=ALL)
        assert found
        assert found.conversation.id == conversation_id
        assert found.lead
        assert (found.lead.id, found.lead.name) == (found.conversation.lead_id, "Jane")
        assert [row.content for row in found.messages.rows] == [f"message {number}" for number in range(5)]
    assert tenant.statements == 6
    assert tenant.rows == 2 * 7
    assert [ran.rows for ran in tenant.ran] == [7, 7]


async def test_a_part(tenant: Tenant, conversation_id: UUID) -> None:
    part = Part(MessageFilter(role=("user",)), Window(2, backwards=True))
    found = await thread(tenant, conversation_id, lead=False, part=part)
    assert found
    assert found.lead is None
    assert [row.content for row in found.messages.rows] == ["message 2", "message 4"]
    assert found.messages.has_previous
    assert not found.messages.has_next


async def test_the_lead_alone(tenant: Tenant, conversation_id: UUID) -> None:
    found = await thread(tenant, conversation_id, lead=True, part=None)
    assert found
    assert found.lead
    assert found.lead.name == "Jane"
    assert found.messages.rows == []
    assert tenant.statements == 2


async def test_an_empty_conversation(tenant: Tenant, organization: Organization) -> None:
    found = await thread(tenant, organization.conversation(), lead=False, part=ALL)
    assert found
    assert found.messages.rows == []


async def test_what_there_is_not(tenant: Tenant, stranger: Organization) -> None:
    theirs = stranger.conversation()
    stranger.message(theirs)
    for id in (uuid4(), theirs):
        assert await thread(tenant, id, lead=True, part=ALL) is None


async def test_a_failure_among_several_is_a_failure_of_all(database: Database) -> None:
    for _ in range(2):
        assert await database.run(BOTH, {"number": 5}) == [[5], [2], [5]]
        with pytest.raises(Exception, match="22012"):  # division by zero
            await database.run(BOTH, {"number": 0})
        assert await database.run(ITSELF, {"number": 1}) == [1]
    assert database.load.connections == 1


async def test_all_of_it_counts_against_the_allowance(
    database: Database, organization: Organization, conversation_id: UUID
) -> None:
    organization.message(conversation_id, "x" * 50_000, created_at=START)
    for most, is_enough in ((60_000, True), (40_000, False)):
        tenant = Tenant(database, organization.id, Allowance(most))
        if is_enough:
            assert await thread(tenant, conversation_id, lead=True, part=ALL)
        else:
            with pytest.raises(AnswerTooLarge):
                await thread(tenant, conversation_id, lead=True, part=ALL)
