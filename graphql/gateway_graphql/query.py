"""Query: where reading starts."""

from typing import Annotated, Any
from uuid import UUID

import strawberry

from gateway.auth import Scope
from gateway.database import leads, messages
from gateway_graphql import arguments, resolvers
from gateway_graphql.arguments import After, Before, First, Last, Slice
from gateway_graphql.connections import Connection, is_counted_page
from gateway_graphql.context import Context
from gateway_graphql.errors import BadUserInput
from gateway_graphql.inputs import LONGEST_SEARCH, LeadFilterInput, LeadOrderInput
from gateway_graphql.node import Node
from gateway_graphql.scalars import uuid_of, uuid_or_error
from gateway_graphql.types import (
    Conversation,
    ConversationsFilter,
    ConversationsOrder,
    Lead,
    Message,
    conversation_asked,
    conversations_asked,
)
from levelwise import lookahead

Info = strawberry.Info[Context, None]
Id = Annotated[strawberry.ID, strawberry.argument(description="The id, a UUID.")]

MOST_NODES = 100


@strawberry.type(description="The user and organization of the token.")
class Viewer:
    user_id: str = strawberry.field(description="The token's `sub`.")
    organization_id: strawberry.ID = strawberry.field(description="The organization whose data is returned.")
    scopes: list[str] = strawberry.field(description="What the token may do; write includes read.")


@strawberry.type(description="The root of reads.")
class Query:
    @strawberry.field(description="The user and organization of the token.", graphql_type=Viewer)
    def viewer(self, info: Info) -> Any:
        viewer = info.context.viewer
        return Viewer(
            user_id=viewer.user_id,
            organization_id=viewer.organization_id,  # type: ignore[arg-type]  # IDs stay UUIDs until written
            scopes=sorted(viewer.scopes),
        )

    @strawberry.field(description="The object with this id.", graphql_type=Node | None)
    async def node(self, info: Info, id: Id) -> Any:
        return (await resolvers.nodes(info.context, [uuid_of(id, "id")]))[0]

    @strawberry.field(
        description=f"The objects with these ids, in order; null for what does not exist. At most {MOST_NODES}.",
        graphql_type=list[Node | None],
    )
    async def nodes(
        self,
        info: Info,
        ids: Annotated[list[strawberry.ID], strawberry.argument(description="The ids, UUIDs.")],
    ) -> Any:
        if len(ids) > MOST_NODES:
            raise BadUserInput(f"`ids` must be at most {MOST_NODES}, not {len(ids)}.")
        asked = [uuid_or_error(id, f"ids[{at}]") for at, id in enumerate(ids)]
        found = iter(await resolvers.nodes(info.context, [id for id in asked if isinstance(id, UUID)]))
        return [next(found) if isinstance(id, UUID) else id for id in asked]

    @strawberry.field(description="One conversation.", graphql_type=Conversation | None)
    async def conversation(self, info: Info, id: Id) -> Any:
        info.context.require(Scope.CONVERSATIONS_READ)
        return await conversation_asked(info.context, uuid_of(id, "id"), lookahead(info))

    @strawberry.field(description="The conversations.", graphql_type=Connection[Conversation])
    def conversations(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: ConversationsFilter = None,
        order_by: ConversationsOrder = None,
    ) -> Any:
        info.context.require(Scope.CONVERSATIONS_READ)
        asked = conversations_asked(Slice(first, after, last, before), filter, order_by)
        return resolvers.list_conversations(info.context, *asked, counted=is_counted_page(lookahead(info)))

    @strawberry.field(description="One lead.", graphql_type=Lead | None)
    async def lead(self, info: Info, id: Id) -> Any:
        info.context.require(Scope.LEADS_READ)
        return await resolvers.lead(info.context, uuid_of(id, "id"))

    @strawberry.field(description="The leads.", graphql_type=Connection[Lead])
    def leads(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: Annotated[LeadFilterInput | None, strawberry.argument(description="Which leads.")] = None,
        order_by: Annotated[
            LeadOrderInput | None,
            strawberry.argument(description="The order. Default: newest first."),
        ] = None,
    ) -> Any:
        info.context.require(Scope.LEADS_READ)
        order = (order_by or LeadOrderInput()).asked()
        window = Slice(first, after, last, before).window(arguments.ROWS, resolvers.LEADS, leads.listing, order)
        asked = (filter or LeadFilterInput()).asked()
        counted = is_counted_page(lookahead(info))
        return resolvers.list_leads(info.context, asked, order, window, counted=counted)

    @strawberry.field(description="One message.", graphql_type=Message | None)
    async def message(self, info: Info, id: Id) -> Any:
        info.context.require(Scope.CONVERSATIONS_READ)
        return await resolvers.message(info.context, uuid_of(id, "id"))

    @strawberry.field(description="Full-text search of messages, newest first.", graphql_type=Connection[Message])
    def search_messages(
        self,
        info: Info,
        query: Annotated[
            str,
            strawberry.argument(
                description='Words that must all be found; the last may be a prefix. `"In quotes"`: a phrase.'
            ),
        ],
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        conversation_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Only messages of this conversation.")
        ] = None,
    ) -> Any:
        info.context.require(Scope.CONVERSATIONS_READ)
        if "\0" in query:
            raise BadUserInput("`query` holds a NUL character.")
        if len(query) > LONGEST_SEARCH:
            raise BadUserInput(f"`query` may have {LONGEST_SEARCH} characters at most, not {len(query)}.")
        window = Slice(first, after, last, before).window(
            arguments.MESSAGES, resolvers.SEARCH, messages.listing, messages.NEWEST_FIRST
        )
        id = None if conversation_id is None else uuid_of(conversation_id, "conversationId")
        return resolvers.search_messages(info.context, query, id, window)
