"""The schema: what `schema.graphql` shows."""

from collections.abc import Mapping

import strawberry
from graphql import GraphQLInputObjectType, GraphQLInterfaceType, GraphQLObjectType, GraphQLSchema, Undefined
from strawberry.schema.config import StrawberryConfig
from strawberry.types.scalar import ScalarDefinition

from gateway_graphql.mutation import Mutation
from gateway_graphql.query import Query
from gateway_graphql.scalars import SCALARS
from gateway_graphql.subscription import Subscription


def _without_null_defaults(schema: GraphQLSchema) -> None:
    # Python writes an optional argument as `= None`; in GraphQL it needs no default, and reads better without.
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLInputObjectType):
            inputs = list(kind.fields.values())
        elif isinstance(kind, GraphQLObjectType | GraphQLInterfaceType) and not kind.name.startswith("__"):
            inputs = [argument for field in kind.fields.values() for argument in field.args.values()]
        else:
            continue
        for each in inputs:
            if each.default_value is None:
                each.default_value = Undefined


def schema_of(query: type[Query], scalars: Mapping[object, ScalarDefinition] = SCALARS) -> strawberry.Schema:
    """Make the schema whose reading starts at a type."""
    made = strawberry.Schema(
        query=query, mutation=Mutation, subscription=Subscription, config=StrawberryConfig(scalar_map={**scalars})
    )
    _without_null_defaults(made._schema)  # noqa: SLF001 (its name for graphql-core's)
    return made


schema = schema_of(Query)
