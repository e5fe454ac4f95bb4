"""Mutation: the root of writes. Errors that the caller can mend come back as `userErrors`."""

from collections.abc import Awaitable
from typing import Annotated, Any
from uuid import UUID

import strawberry

from gateway import records
from gateway.auth import Scope
from gateway.records import read_uuid
from gateway_graphql import writes
from gateway_graphql.context import Context
from gateway_graphql.mutation_inputs import (
    AddMessageInput,
    CreateLeadInput,
    StartConversationInput,
    UpdateConversationStatusInput,
    UpdateLeadInput,
    given,
)
from gateway_graphql.types import Conversation, Lead, Message
from gateway_graphql.user_errors import UserError, UserErrorCode, UserErrors, user_error

Info = strawberry.Info[Context, None]

_USER_ERRORS = "Errors that the user can correct. Empty if the change was made."
_CHANGED = "The changed {}; null if the change was not made."
_CREATED = "The new {}; null if it was not created."
_Described = strawberry.argument(description="The values.")


@strawberry.type(description="The result of `updateConversationStatus`.")
class UpdateConversationStatusPayload:
    conversation: Conversation | None = strawberry.field(description=_CHANGED.format("conversation"))
    user_errors: list[UserError] = strawberry.field(description=_USER_ERRORS)


@strawberry.type(description="The result of `startConversation`.")
class StartConversationPayload:
    conversation: Conversation | None = strawberry.field(description=_CREATED.format("conversation"))
    user_errors: list[UserError] = strawberry.field(description=_USER_ERRORS)


@strawberry.type(description="The result of `addMessage`.")
class AddMessagePayload:
    message: Message | None = strawberry.field(description=_CREATED.format("message"))
    user_errors: list[UserError] = strawberry.field(description=_USER_ERRORS)


@strawberry.type(description="The result of `createLead`.")
class CreateLeadPayload:
    lead: Lead | None = strawberry.field(description=_CREATED.format("lead"))
    user_errors: list[UserError] = strawberry.field(description=_USER_ERRORS)


@strawberry.type(description="The result of `updateLead`.")
class UpdateLeadPayload:
    lead: Lead | None = strawberry.field(description=_CHANGED.format("lead"))
    user_errors: list[UserError] = strawberry.field(description=_USER_ERRORS)


@strawberry.type(description="The root of writes.")
class Mutation:
    @strawberry.mutation(description="Change a conversation's status.")
    async def update_conversation_status(
        self, info: Info, input: Annotated[UpdateConversationStatusInput, _Described]
    ) -> UpdateConversationStatusPayload:
        info.context.require(Scope.CONVERSATIONS_WRITE)

        async def change() -> records.Conversation:
            changed = await writes.set_conversation_status(info.context, _uuid(input.id, "id"), input.status.value)
            return changed.conversation

        return UpdateConversationStatusPayload(**await _outcome("conversation", change()))

    @strawberry.mutation(description="Start a conversation with a lead.")
    async def start_conversation(
        self, info: Info, input: Annotated[StartConversationInput, _Described]
    ) -> StartConversationPayload:
        info.context.require(Scope.CONVERSATIONS_WRITE)

        async def start() -> records.Conversation:
            return await writes.start_conversation(
                info.context,
                _uuid(input.lead_id, "leadId"),
                input.channel.value,
                input.session_key,
                input.idempotency_key,
            )

        return StartConversationPayload(**await _outcome("conversation", start()))

    @strawberry.mutation(description="Add a message to a conversation.")
    async def add_message(self, info: Info, input: Annotated[AddMessageInput, _Described]) -> AddMessagePayload:
        info.context.require(Scope.CONVERSATIONS_WRITE)

        async def add() -> records.Message:
            return await writes.add_message(
                info.context,
                _uuid(input.conversation_id, "conversationId"),
                input.role.value,
                input.content,
                {} if input.metadata is None else input.metadata,
                input.idempotency_key,
            )

        return AddMessagePayload(**await _outcome("message", add()))

    @strawberry.mutation(description="Create a lead.")
    async def create_lead(self, info: Info, input: Annotated[CreateLeadInput, _Described]) -> CreateLeadPayload:
        info.context.require(Scope.LEADS_WRITE)
        values = given(input, without=frozenset({"idempotency_key"}))
        # Null asks for the default where a column cannot be empty.
        values = {name: value for name, value in values.items() if value is not None}
        created = writes.create_lead(info.context, values, input.idempotency_key)
        return CreateLeadPayload(**await _outcome("lead", created))

    @strawberry.mutation(description="Change some fields of a lead.")
    async def update_lead(self, info: Info, input: Annotated[UpdateLeadInput, _Described]) -> UpdateLeadPayload:
        info.context.require(Scope.LEADS_WRITE)

        async def change() -> records.Lead:
            changes = given(input, without=frozenset({"id"}))
            return await writes.update_lead(info.context, _uuid(input.id, "id"), changes)

        return UpdateLeadPayload(**await _outcome("lead", change()))


async def _outcome(name: str, change: Awaitable[Any]) -> dict[str, Any]:
    try:
        return {name: await change, "user_errors": []}
    except UserErrors as error:
        return {name: None, "user_errors": error.errors}


def _uuid(id: str, field: str) -> UUID:
    try:
        return read_uuid(id)
    except ValueError:
        raise UserErrors(user_error(UserErrorCode.INVALID, "This is not a UUID.", field)) from None
