"""What the plain Strawberry peer asks of its database: entities of SQLAlchemy's ORM, by DataLoaders."""

from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import aliased
from strawberry.dataloader import DataLoader

from bench.peers.entities import Conversation, Lead, Message
from bench.peers.statements import POOL_SIZE

engine = create_async_engine("postgresql+asyncpg://", pool_size=POOL_SIZE, max_overflow=0)  # where: PGHOST and so on
sessions = async_sessionmaker(engine, expire_on_commit=False)


class Key(NamedTuple):
    """What a page hangs on, and how long it may be."""

    parent: UUID
    first: int


async def _leads(organization: str, ids: list[UUID]) -> list[Lead | None]:
    query = select(Lead).where(Lead.organization_id == organization, Lead.id.in_(ids))
    async with sessions() as session:
        found = {lead.id: lead for lead in await session.scalars(query)}
    return [found.get(id) for id in ids]


async def _pages(
    entity: Any, parent: Any, order: Sequence[Any], organization: str, keys: list[Key]
) -> list[Sequence[Any]]:
    # All keys of a level are of one field here, and ask for as many rows.
    place = func.row_number().over(partition_by=parent, order_by=order).label("place")
    ranked = select(entity, place).where(entity.organization_id == organization)
    numbered = ranked.where(parent.in_([key.parent for key in keys])).subquery()
    row = aliased(entity, numbered)
    query = select(row).where(numbered.c.place <= keys[0].first).order_by(numbered.c.place)
    pages: dict[UUID, list[Any]] = defaultdict(list)
    async with sessions() as session:
        for found in await session.scalars(query):
            pages[getattr(found, parent.key)].append(found)
    return [pages[key.parent] for key in keys]


newest_first = (Conversation.updated_at.desc(), Conversation.id.desc())
_conversations = partial(_pages, Conversation, Conversation.lead_id, newest_first)
_messages = partial(_pages, Message, Message.conversation_id, (Message.created_at, Message.arrival))


class Context:
    """What the resolvers of a request share."""

    def __init__(self, organization: str) -> None:
        self.organization = organization
        self.leads = DataLoader(partial(_leads, organization))
        self.conversations = DataLoader(partial(_conversations, organization))
        self.messages = DataLoader(partial(_messages, organization))
