"""The legacy service as FastAPI's and SQLAlchemy's documentation teach it: async ORM, response models, dependencies.

uvicorn bench.peers.fastapi_peer:app, with GATEWAY_DATABASE_URL and BENCH_SECRET in the environment.
"""

import os
from collections.abc import AsyncIterator
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import jwt
from fastapi import Depends, FastAPI, HTTPException, Query
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import ForeignKeyConstraint, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, joinedload, mapped_column, relationship, selectinload

engine = create_async_engine(os.environ["GATEWAY_DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://"))
new_session = async_sessionmaker(engine, expire_on_commit=False)
bearer = HTTPBearer()
app = FastAPI()


class Base(DeclarativeBase):
    """The tables."""


class Lead(Base):
    __tablename__ = "leads"
    organization_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    email: Mapped[str | None]


class Message(Base):
    __tablename__ = "messages"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "conversation_id"], ["conversations.organization_id", "conversations.id"]
        ),
    )
    organization_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    conversation_id: Mapped[UUID]
    role: Mapped[str]
    content: Mapped[str]
    metadata_: Mapped[dict[str, Any]] = mapped_column("metadata", JSONB)
    created_at: Mapped[datetime]
    arrival: Mapped[int]


class Conversation(Base):
    __tablename__ = "conversations"
    __table_args__ = (ForeignKeyConstraint(["organization_id", "lead_id"], ["leads.organization_id", "leads.id"]),)
    __mapper_args__ = {"eager_defaults": True}  # noqa: RUF012 (as SQLAlchemy's documentation writes it)
    organization_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    lead_id: Mapped[UUID]
    session_key: Mapped[str]
    channel: Mapped[str]
    status: Mapped[str]
    message_count: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    last_message_at: Mapped[datetime | None]
    last_message_preview: Mapped[str | None]
    lead: Mapped[Lead] = relationship()
    messages: Mapped[list[Message]] = relationship(order_by=(Message.created_at, Message.arrival))


class Status(StrEnum):
    ACTIVE = "active"
    COMPLETED = "completed"
    ESCALATED = "escalated"
    ABANDONED = "abandoned"


class Shown(BaseModel):
    """What is read from the ORM's objects."""

    model_config = ConfigDict(from_attributes=True)


class LeadName(Shown):
    id: UUID
    name: str


class LeadContact(LeadName):
    email: str | None


class ConversationBase(Shown):
    id: UUID
    lead_id: UUID
    session_key: str
    channel: str
    status: str
    created_at: datetime
    updated_at: datetime


class ConversationItem(ConversationBase):
    message_count: int
    lead: LeadContact
    last_message_at: datetime | None
    last_message_preview: str | None


class MessageShown(Shown):
    id: UUID
    conversation_id: UUID
    role: str
    content: str
    metadata: dict[str, Any] = Field(validation_alias="metadata_")
    created_at: datetime


class ConversationDetail(ConversationBase):
    messages: list[MessageShown]
    lead: LeadName


class ConversationPage(Shown):
    conversations: list[ConversationItem]
    total: int
    page: int
    size: int


class StatusUpdate(BaseModel):
    status: Status


async def get_session() -> AsyncIterator[AsyncSession]:
    async with new_session() as session:
        yield session


async def get_organization(credentials: Annotated[HTTPAuthorizationCredentials, Depends(bearer)]) -> UUID:
    try:
        claims = jwt.decode(credentials.credentials, os.environ["BENCH_SECRET"], algorithms=["HS256"])
    except jwt.InvalidTokenError:
        raise HTTPException(401, "Could not validate credentials", {"WWW-Authenticate": "Bearer"}) from None
    return UUID(claims["organization_id"])


Session = Annotated[AsyncSession, Depends(get_session)]
Organization = Annotated[UUID, Depends(get_organization)]


@app.get("/api/v1/conversations", response_model=ConversationPage)
async def list_conversations(
    session: Session,
    organization: Organization,
    page: Annotated[int, Query(ge=1)] = 1,
    size: Annotated[int, Query(ge=1, le=100)] = 20,
    status: Status | None = None,
) -> Any:
    query = select(Conversation).where(Conversation.organization_id == organization)
    if status:
        query = query.where(Conversation.status == status)
    total = await session.scalar(select(func.count()).select_from(query.subquery()))
    rows = await session.scalars(
        query.options(joinedload(Conversation.lead))
        .order_by(Conversation.updated_at.desc(), Conversation.id.desc())
        .offset((page - 1) * size)
        .limit(size)
    )
    return {"conversations": rows.all(), "total": total, "page": page, "size": size}


@app.get("/api/v1/conversations/{conversation_id}", response_model=ConversationDetail)
async def get_conversation(session: Session, organization: Organization, conversation_id: UUID) -> Any:
    options = [joinedload(Conversation.lead), selectinload(Conversation.messages)]
    return found(await session.get(Conversation, (organization, conversation_id), options=options))


@app.get("/api/v1/conversations/{conversation_id}/messages", response_model=list[MessageShown])
async def get_messages(
    session: Session,
    organization: Organization,
    conversation_id: UUID,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> Any:
    found(await session.get(Conversation, (organization, conversation_id)))
    query = select(Message).where(Message.organization_id == organization, Message.conversation_id == conversation_id)
    rows = await session.scalars(query.order_by(Message.created_at, Message.arrival).offset(offset).limit(limit))
    return rows.all()


@app.patch("/api/v1/conversations/{conversation_id}", response_model=ConversationItem)
async def update_status(
    session: Session, organization: Organization, conversation_id: UUID, update: StatusUpdate
) -> Any:
    key = (organization, conversation_id)
    conversation = found(await session.get(Conversation, key, options=[joinedload(Conversation.lead)]))
    conversation.status = update.status
    await session.commit()
    await session.refresh(conversation)
    return conversation


def found(conversation: Conversation | None) -> Conversation:
    if conversation is None:
        raise HTTPException(404, "Conversation not found")
    return conversation
