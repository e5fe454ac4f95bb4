"""Leaves: how scalars and enums are completed: a cheap test for usual values, coercion for all others.

>>> leaf(GraphQLInt, {}).doubt
'type({0}) is not int or not -2147483648 <= {0} <= 2147483647'
>>> leaf(status, {}).names
{Status.ACTIVE: 'ACTIVE', 'active': 'ACTIVE', ...}
"""

from collections.abc import Callable, Collection, Hashable, Mapping
from enum import EnumMeta
from typing import Any, NamedTuple

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLScalarType,
    GraphQLString,
)
from graphql.execution import Executor

from levelwise.surprises import Surprise, is_ordinary

Untouched = Mapping[str, Collection[type]]
"""By scalar's name: classes whose values need no serialization, because the JSON writer knows them."""

_DOUBTS: dict[GraphQLScalarType, str] = {
    GraphQLString: "type({0}) is not str",
    GraphQLID: "type({0}) is not str",
    GraphQLBoolean: "type({0}) is not bool",
    GraphQLInt: "type({0}) is not int or not -2147483648 <= {0} <= 2147483647",
    GraphQLFloat: "type({0}) is not float or {0} - {0} != 0.0",  # infinities and NaN
}


class Leaf(NamedTuple):
    """How values of one leaf type are completed."""

    coerce: Callable[[Any], Any]
    """Answers the completed value, or raises whatever it finds wrong."""
    doubt: str | None
    """A Python condition on a value {0}: it needs coercion; None: all do."""
    classes: tuple[type, ...]
    """Values of these classes need none either."""
    names: dict[Any, str] | None
    """An enum's names by its values."""


def leaf(type_: GraphQLLeafType, untouched: Untouched) -> Leaf:
    """Find out how values of this type are completed."""
    if isinstance(type_, GraphQLEnumType):
        return Leaf(_guarded(type_), None, (), _names(type_))
    return Leaf(_guarded(type_), _DOUBTS.get(type_), tuple(untouched.get(type_.name, ())), None)


def _guarded(type_: GraphQLLeafType) -> Callable[[Any], Any]:
    known: set[type] = set()

    def coerce(value: Any) -> Any:
        if type(value) not in known:
            if not is_ordinary(type(value)):  # type: ignore[arg-type]  # classes can be hashed
                raise Surprise
            known.add(type(value))
        return Executor.complete_leaf_value(type_, value)

    return coerce


def _names(type_: GraphQLEnumType) -> dict[Any, str] | None:
    values = [each.value for each in type_.values.values() if isinstance(each.value, Hashable)]
    members = getattr(type_, "wrapped_cls", ())  # Strawberry's enums
    names: dict[Any, str] = {}
    for value in (*values, *(members if isinstance(members, EnumMeta) else ())):
        name = type_.coerce_output_value(value)
        # A member may equal the value of another one.
        if names.setdefault(value, name) != name:
            return None
    return names
