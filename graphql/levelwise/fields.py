"""Fields: how the value of a field comes about.

    @strawberry.type
    class Lead:
        name: str                                     # Attribute("name"): read by generated code
        conversations: Page = batched(conversations)  # Batch(conversations, ...): one call for all leads

        @strawberry.field
        def initials(self) -> str: ...                # Resolver(...): called lead by lead, as graphql-core does
"""

from collections.abc import Callable
from enum import Enum
from keyword import iskeyword
from typing import Any, NamedTuple

import strawberry
from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLResolveInfo,
    TypeNameMetaFieldDef,
    VariableNode,
    Visitor,
    default_field_resolver,
    visit,
)
from graphql.execution.values import VariableValues, get_argument_values
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField

Arguments = dict[str, Any]


class TypeName(NamedTuple):
    """The parent's type tells."""


class Attribute(NamedTuple):
    """An attribute of the parent."""

    name: str


class Resolver(NamedTuple):
    """A function that graphql-core would call for each parent."""

    resolve: Callable[..., Any]


class Batch(NamedTuple):
    """A function of all parents of a level."""

    function: Callable[..., Any]
    convert: Callable[[Arguments, GraphQLResolveInfo], Arguments]
    """Makes Strawberry's arguments of GraphQL's."""


Source = TypeName | Attribute | Resolver | Batch


def source(definition: GraphQLField, schema: strawberry.Schema | None) -> Source:
    """Make out where a field's value comes from. `schema` is the Strawberry schema it is of, if it is."""
    if definition is TypeNameMetaFieldDef:
        return TypeName()
    field = definition.extensions.get("strawberry-definition")
    if schema is None or not _is_plain(field, definition):
        return Resolver(definition.resolve or default_field_resolver)
    if field.base_resolver is None:
        return Attribute(field.python_name)
    return Batch(field.base_resolver.wrapped_func.batch, _conversion(field, schema))


def _is_plain(field: Any, definition: GraphQLField) -> bool:
    # Plain is what does nothing beyond reading the attribute, or calling the batch function.
    if not isinstance(field, StrawberryField) or type(field).get_result is not StrawberryField.get_result:
        return False
    if field.extensions or field.is_subscription:
        return False
    if field.base_resolver is not None:
        return hasattr(field.base_resolver.wrapped_func, "batch")
    name = field.python_name
    reads = getattr(definition.resolve, "__name__", "") == "_get_basic_result"  # no exception handlers around it
    return reads and field.default_resolver is getattr and name.isidentifier() and not iskeyword(name)


def _conversion(
    field: StrawberryField, schema: strawberry.Schema
) -> Callable[[Arguments, GraphQLResolveInfo], Arguments]:
    def convert(given: Arguments, info: GraphQLResolveInfo) -> Arguments:
        return convert_arguments(
            given,
            field.arguments,
            scalar_registry=schema.schema_converter.scalar_registry,
            config=schema.config,
            info=schema.config.info_class(_raw_info=info, _field=field),
        )

    return convert


def arguments(definition: GraphQLField, node: FieldNode, variables: VariableValues) -> Arguments:
    """Coerce a field's arguments. Raises GraphQLError."""
    return get_argument_values(definition, node, variables) if definition.args or node.arguments else {}


def is_constant(node: FieldNode, values: Arguments) -> bool:
    """Tell whether a field has these arguments each time, and nobody can change them."""
    if not all(value is None or isinstance(value, str | int | float | Enum) for value in values.values()):
        return False
    search = _VariableSearch()
    for argument in node.arguments or ():
        visit(argument, search)
    return not search.found


class _VariableSearch(Visitor):
    found = False

    def enter_variable(self, _node: VariableNode, *_: object) -> None:
        self.found = True
