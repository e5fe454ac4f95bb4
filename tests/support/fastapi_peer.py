"""The same calls declared as FastAPI's documentation teaches: how the legacy service takes odd requests.

It has no data. What it accepts it answers with 200 and the parameters, as it read them.
"""

from typing import Annotated, Any
from uuid import UUID

import jwt
from fastapi import Depends, FastAPI, HTTPException, Path, Query
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field

from gateway.records import Channel, ConversationStatus, LeadChannel, LeadStatus
from tests.support.organization import SECRET


async def authenticated(credentials: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]) -> None:
    """Ask for a token of the tests' secret."""
    try:
        jwt.decode(credentials.credentials, SECRET, algorithms=["HS256"])
    except jwt.InvalidTokenError:
        raise HTTPException(401, "Could not validate credentials", {"WWW-Authenticate": "Bearer"}) from None


class StatusUpdate(BaseModel):
    """What PATCH takes."""

    status: ConversationStatus


Page = Annotated[int, Query(ge=1)]
Size = Annotated[int, Query(ge=1, le=100)]
ConversationId = Annotated[UUID, Path()]

peer = FastAPI(dependencies=[Depends(authenticated)])


@peer.get("/api/v1/conversations")
async def list_conversations(
    page: Page = 1,
    size: Size = 20,
    lead_id: UUID | None = None,
    status: ConversationStatus | None = None,
    channel: Channel | None = None,
) -> dict[str, object]:
    return {"page": page, "size": size, "lead_id": lead_id, "status": status, "channel": channel}


@peer.get("/api/v1/conversations/{conversation_id}")
async def get_conversation(conversation_id: ConversationId) -> dict[str, object]:
    return {"id": conversation_id}


@peer.get("/api/v1/conversations/{conversation_id}/messages")
async def get_messages(
    conversation_id: ConversationId,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> dict[str, object]:
    return {"id": conversation_id, "limit": limit, "offset": offset}


@peer.patch("/api/v1/conversations/{conversation_id}")
async def update_conversation_status(conversation_id: ConversationId, update: StatusUpdate) -> dict[str, object]:
    return {"id": conversation_id, "status": update.status}


@peer.get("/api/v1/leads")
async def list_leads(
    page: Page = 1,
    size: Size = 20,
    status: LeadStatus | None = None,
    channel: LeadChannel | None = None,
    search: Annotated[str | None, Query(pattern=r"^[^\x00]*$")] = None,
) -> dict[str, object]:
    return {"page": page, "size": size, "status": status, "channel": channel, "search": search}


@peer.get("/api/v1/leads/{lead_id}")
async def get_lead(lead_id: UUID) -> dict[str, object]:
    return {"id": lead_id}


Blankless = Annotated[str, Field(max_length=500, pattern=r"^[^\x00]*[^\s\x00][^\x00]*$")]
Text = Annotated[str, Field(max_length=500, pattern=r"^[^\x00]*$")]
Services = Annotated[list[Text], Field(max_length=100)]


class Contact(BaseModel):
    """What both take."""

    phone: Text | None = None
    email: Text | None = None
    company: Text | None = None
    channel_id: Text | None = None
    appointment_notes: Annotated[str, Field(max_length=100_000, pattern=r"^[^\x00]*$")] | None = None


class NewLead(Contact):
    """What POST takes."""

    name: Blankless
    channel: LeadChannel = LeadChannel.WEB
    preferred_services: Services = []
    metadata: dict[str, Any] = {}


class LeadChanges(Contact):
    """What PATCH takes."""

    name: Blankless = "unchanged"
    channel: LeadChannel = LeadChannel.WEB
    status: LeadStatus = LeadStatus.NEW
    preferred_services: Services = []
    metadata: dict[str, Any] = {}


@peer.post("/api/v1/leads", status_code=201)
async def create_lead(lead: NewLead) -> NewLead:
    return lead


@peer.patch("/api/v1/leads/{lead_id}")
async def update_lead(lead_id: UUID, changes: LeadChanges) -> dict[str, object]:
    return {"id": lead_id, **changes.model_dump(exclude_unset=True)}
