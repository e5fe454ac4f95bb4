"""Creation: one row for each key, whoever asks at the same time, and none where it fails."""

import asyncio
from uuid import uuid4

import pytest

from gateway.database.creation import EarlierCreation, IdempotencyKey
from gateway.database.errors import MissingReference
from gateway.database.messages import insert_message
from gateway.database.tenant import Tenant
from gateway.records import Message
from tests.support.organization import Organization

KEY = IdempotencyKey("key", b"digest")


def values(organization: Organization) -> dict[str, object]:
    conversation = organization.conversation()
    return {"conversation_id": conversation, "role": "user", "content": "Hi", "metadata": "{}"}


async def test_at_the_same_time(tenant: Tenant, organization: Organization) -> None:
    row = values(organization)
    created = await asyncio.gather(*(insert_message(tenant, row, KEY) for _ in range(8)))
    (message,) = [each for each in created if isinstance(each, Message)]
    earlier = [each for each in created if isinstance(each, EarlierCreation)]
    assert earlier == [EarlierCreation(b"digest", message.id)] * 7


async def test_without_a_key(tenant: Tenant, organization: Organization) -> None:
    row = values(organization)
    one, two = [await insert_message(tenant, row, None) for _ in range(2)]
    assert isinstance(one, Message)
    assert isinstance(two, Message)
    assert one.id != two.id


async def test_what_fails_leaves_its_key_free(tenant: Tenant, organization: Organization) -> None:
    row = values(organization)
    with pytest.raises(MissingReference):
        await insert_message(tenant, {**row, "conversation_id": uuid4()}, KEY)
    assert isinstance(await insert_message(tenant, row, KEY), Message)
