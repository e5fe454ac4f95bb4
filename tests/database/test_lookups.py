"""Rows by their ids."""

from uuid import uuid4

import pytest

from gateway.database.allowance import Allowance
from gateway.database.conversations import conversations_by_id
from gateway.database.errors import AnswerTooLarge
from gateway.database.leads import leads_by_id
from gateway.database.messages import last_messages, messages_by_id
from gateway.database.pool import Database
from gateway.database.tenant import Tenant
from tests.support.organization import START, Organization


async def test_one_answer_an_id_in_the_order_of_the_ids(tenant: Tenant, organization: Organization) -> None:
    jane, karl = organization.lead(name="Jane"), organization.lead(name="Karl")
    found = await leads_by_id(tenant, [karl, uuid4(), jane, karl])
    assert [lead and lead.name for lead in found] == ["Karl", None, "Jane", "Karl"]
    assert tenant.statements == 1


async def test_no_ids_no_answers(tenant: Tenant) -> None:
    assert await leads_by_id(tenant, []) == []


async def test_another_organizations_rows_do_not_exist(tenant: Tenant, stranger: Organization) -> None:
    lead = stranger.lead()
    conversation = stranger.conversation(lead)
    message = stranger.message(conversation)
    assert await leads_by_id(tenant, [lead]) == [None]
    assert await leads_by_id(tenant, [lead, uuid4()]) == [None, None]
    assert await conversations_by_id(tenant, [conversation]) == [None]
    assert await messages_by_id(tenant, [message]) == [None]
    assert await last_messages(tenant, [conversation]) == [None]


async def test_an_id_that_two_organizations_use_is_a_row_of_each(
    tenant: Tenant, organization: Organization, stranger: Organization
) -> None:
    id = organization.lead(name="Jane")
    stranger.lead(id=id, name="Karl")
    (lead,) = await leads_by_id(tenant, [id])
    assert lead is not None
    assert lead.name == "Jane"


async def test_last_messages_are_the_latest_of_each(tenant: Tenant, organization: Organization) -> None:
    first, empty, second = (organization.conversation() for _ in range(3))
    for conversation in (first, second):
        organization.message(conversation, "early", created_at=START)
        organization.message(conversation, f"late in {conversation}", created_at=START)
    found = await last_messages(tenant, [second, empty, first, second])
    expected = [f"late in {second}", None, f"late in {first}", f"late in {second}"]
    assert [message and message.content for message in found] == expected
    assert tenant.statements == 1


async def test_what_is_shown_again_counts_again(database: Database, organization: Organization) -> None:
    conversation = organization.conversation()
    message = organization.message(conversation, "x" * 10_000)
    for times in (1, 2, 3):
        for by_id, id in ((messages_by_id, message), (last_messages, conversation)):
            assert len(await by_id(Tenant(database, organization.id, Allowance(35_000)), [id] * times)) == times
    for by_id, id in ((messages_by_id, message), (last_messages, conversation)):
        with pytest.raises(AnswerTooLarge):
            await by_id(Tenant(database, organization.id, Allowance(35_000)), [id] * 4)
