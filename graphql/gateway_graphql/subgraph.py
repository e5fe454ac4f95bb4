"""Subgraph: the schema for Apollo Federation 2, with `_service` and `_entities`."""

import re
from asyncio import gather
from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated, Any, NamedTuple, NewType
from uuid import UUID

import strawberry
from graphql import lexicographic_sort_schema, print_schema

from gateway import records
from gateway_graphql import resolvers
from gateway_graphql.context import Context
from gateway_graphql.errors import BadUserInput
from gateway_graphql.query import Info, Query
from gateway_graphql.scalars import SCALARS, uuid_or_error
from gateway_graphql.schema import schema_of
from gateway_graphql.types import Conversation, Lead, Message

_LINK = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key", "@shareable"])'

Representation = NewType("Representation", object)
Entity = Annotated[
    Conversation | Lead | Message,
    strawberry.union("_Entity", description="An entity that other subgraphs can refer to by its `id`."),
]


_KINDS: dict[str, type[resolvers.Node]] = {
    kind.__name__: kind for kind in (records.Conversation, records.Lead, records.Message)
}


class _Key(NamedTuple):
    kind: type[resolvers.Node]
    id: UUID


@strawberry.type(name="_Service", description="This subgraph.")
class Service:
    sdl: str = strawberry.field(description="Its schema, with the directives of Federation.")


@strawberry.type(name="Query", description="The root of reads.")
class SubgraphQuery(Query):
    @strawberry.field(name="_service", description="This subgraph, for a router.", graphql_type=Service)
    def service(self) -> Any:
        return Service(sdl=sdl())

    @strawberry.field(
        name="_entities",
        description="The entities that other subgraphs refer to, in order; null for those that do not exist.",
        graphql_type=list[Entity | None],
    )
    async def entities(
        self,
        info: Info,
        representations: Annotated[
            list[Representation], strawberry.argument(description="Each an object with `__typename` and `id`.")
        ],
    ) -> Any:
        return await _entities(info.context, representations)


async def _entities(context: Context, representations: Sequence[object]) -> list[Any]:
    keys = [_key(each, f"representations[{at}]") for at, each in enumerate(representations)]
    ids: dict[type[resolvers.Node], list[UUID]] = {}
    for key in keys:
        if isinstance(key, _Key):
            ids.setdefault(key.kind, []).append(key.id)
    found = await gather(*(resolvers.nodes_of_type(context, *each) for each in ids.items()))
    rows = dict(zip(ids, map(iter, found), strict=True))
    return [next(rows[key.kind]) if isinstance(key, _Key) else key for key in keys]


def _key(representation: object, argument: str) -> _Key | BadUserInput:
    match representation:
        case {"__typename": str(name), "id": str(id)} if name in _KINDS:
            read = uuid_or_error(id, f"{argument}.id")
            return read if isinstance(read, BadUserInput) else _Key(_KINDS[name], read)
    return BadUserInput(f"`{argument}` must have the `__typename` and the `id` of a conversation, lead or message.")


_ANY = strawberry.scalar(name="_Any", description="An entity as another subgraph knows it: its type and its key.")

subgraph = schema_of(SubgraphQuery, {**SCALARS, Representation: _ANY})


@lru_cache(1)
def sdl() -> str:
    """Return the text that composes with other subgraphs' into a supergraph."""
    text = print_schema(lexicographic_sort_schema(subgraph._schema))  # noqa: SLF001 (its name for graphql-core's)
    text = re.sub(r"(?m)^type (?:Conversation|Lead|Message) implements Node", r'\g<0> @key(fields: "id")', text)
    # Every Relay schema has it, and means the same.
    return f"{_LINK}\n\n{text.replace('type PageInfo {', 'type PageInfo @shareable {', 1)}\n"
