"""Every question asked of messages."""

from collections.abc import Sequence
from operator import attrgetter
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Text, Uuid, bindparam, func

from gateway.database.creation import Creation
from gateway.database.filters import choice
from gateway.database.listing import Listing
from gateway.database.lookups import Lookup
from gateway.database.paging import Keyset, Order, Window
from gateway.database.statements import ORGANIZATION_ID, record
from gateway.database.tables import message_words, messages
from gateway.database.tenant import Tenant
from gateway.records import Message


class MessageFilter(NamedTuple):
    """Which messages; None asks for nothing."""

    role: tuple[str, ...] | None = None
    conversation_id: UUID | None = None
    words: str | None = None
    """What a person types into a search box: words, the last of which may be a beginning, and "phrases"."""


CHRONOLOGICAL = Order("created_at", descending=False)
"""By time, then by order of arrival."""
NEWEST_FIRST = Order("created_at", descending=True)

_COLUMNS, _MAKE = record(messages, Message)

listing: Listing[Message, MessageFilter] = Listing(
    _COLUMNS,
    _MAKE,
    table=messages,
    parent=messages.c.conversation_id,
    keysets={"created_at": Keyset(messages.c.created_at, messages.c.arrival, attrgetter("created_at", "arrival"))},
    criteria={
        **choice(messages.c.role, "role"),
        "conversation_id": messages.c.conversation_id == bindparam("conversation_id", type_=Uuid),
        "words": message_words.op("@@")(func.gateway_query(ORGANIZATION_ID, bindparam("words", type_=Text))),
    },
)
insert_message = Creation(messages, ["conversation_id", "role", "content", "metadata"], _COLUMNS, _MAKE)
messages_by_id = Lookup(_COLUMNS, _MAKE, table=messages).by_id


async def last_messages(tenant: Tenant, conversation_ids: Sequence[UUID]) -> list[Message | None]:
    """The latest message of each conversation; None where it has none."""
    last = Window(1, backwards=True)
    pages = await listing.pages(tenant, conversation_ids, MessageFilter(), CHRONOLOGICAL, last)
    return [page.rows[-1] if page.rows else None for page in pages]
