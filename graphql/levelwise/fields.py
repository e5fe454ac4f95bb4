"""Fields: where the value of a field comes from.

@strawberry.type
class Lead:
    name: str                                     # Attribute("name"): read by generated code
    conversations: Page = batched(conversations)  # Batch(conversations, ...): one call for all leads

    @strawberry.field
    def initials(self) -> str: ...                # Resolver(...): called lead by lead, as graphql-core does
"""

from collections.abc import Callable
from keyword import iskeyword
from typing import Any, NamedTuple

import strawberry
from graphql import GraphQLField, GraphQLResolveInfo, TypeNameMetaFieldDef, default_field_resolver
from strawberry.types.field import StrawberryField
from strawberry.types.fields.resolver import StrawberryResolver

from levelwise.convert import Conversion


class TypeName(NamedTuple):
    """The name of the parent's type."""


class Attribute(NamedTuple):
    """An attribute of the parent."""

    name: str


class Resolver(NamedTuple):
    """A function of one parent."""

    resolve: Callable[..., Any]
    """`(parent, info, **arguments)` to a value, awaitable or not."""
    convert: Conversion | None = None
    needs_info: bool = True
    info_can_wait: bool = False
    """Whether the info may be made when something of it is asked for."""


class Batch(NamedTuple):
    """A function of all parents of a level."""

    function: Callable[..., Any]
    convert: Conversion


Source = TypeName | Attribute | Resolver | Batch


def source(definition: GraphQLField, schema: strawberry.Schema | None) -> Source:
    """Find out where a field's value comes from. `schema` is its Strawberry schema, if it has one."""
    if definition is TypeNameMetaFieldDef:
        return TypeName()
    field = definition.extensions.get("strawberry-definition")
    if schema is None or not isinstance(field, StrawberryField) or not _is_plain(field, schema):
        return Resolver(definition.resolve or default_field_resolver)
    if field.base_resolver is None:
        return Attribute(field.python_name)
    batch = getattr(field.base_resolver.wrapped_func, "batch", None)
    return Batch(batch, Conversion(field, schema)) if batch else _function(field, field.base_resolver, schema)


def _is_plain(field: StrawberryField, schema: strawberry.Schema) -> bool:
    # Whether Strawberry would do nothing but read the attribute, or call the resolver.
    if type(field).get_result is not StrawberryField.get_result or field.extensions or field.is_subscription:
        return False
    if schema.schema_converter._exception_handler_specs:  # noqa: SLF001 (nothing public tells)
        return False
    if field.base_resolver is not None:
        return callable(field.base_resolver.wrapped_func)
    name = field.python_name
    return field.default_resolver is getattr and name.isidentifier() and not iskeyword(name)


def _function(field: StrawberryField, resolver: StrawberryResolver[Any], schema: strawberry.Schema) -> Resolver:
    """Call a resolver as Strawberry does, without what it does for other kinds of fields."""
    function: Callable[..., Any] = resolver.wrapped_func  # type: ignore[assignment]  # seen to be callable
    info_class = schema.config.info_class
    takes_self = resolver.self_parameter is not None
    info_name = resolver.info_parameter.name if resolver.info_parameter else None
    parents = [each.name for each in (resolver.parent_parameter, resolver.root_parameter) if each]

    def resolve(parent: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
        for name in parents:
            arguments[name] = parent
        if info_name is not None:
            arguments[info_name] = info_class(_raw_info=info, _field=field)
        return function(parent, **arguments) if takes_self else function(**arguments)

    return Resolver(resolve, Conversion(field, schema), needs_info=info_name is not None, info_can_wait=True)
