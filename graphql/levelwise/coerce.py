"""Coerce: makes, once for each use of an input type, the function that coerces its values.

>>> status = coercer(GraphQLNonNull(GraphQLList(status)))
>>> status(["ACTIVE"])
[Status.ACTIVE]
>>> status(None)
Traceback (most recent call last):
levelwise.surprises.Surprise

It answers what graphql-core's `coerce_input_value` does, and leaves to it whatever is not as is usual: all errors.
"""

from collections.abc import Callable
from typing import Any, cast

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLID,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    GraphQLString,
    Undefined,
    is_required_input_field,
)
from graphql.utilities.coerce_input_value import coerce_default_value

from levelwise.surprises import Surprise

Coerce = Callable[[Any], Any]
"""Raises Surprise for what is not valid, or not for it to say."""


def coercer(type_: GraphQLInputType, within: tuple[GraphQLInputObjectType, ...] = ()) -> Coerce:
    """Make what coerces values of a type. Raises Surprise for a type that holds itself: values may be of any depth."""
    if isinstance(type_, GraphQLNonNull):
        return _nullable(type_.of_type, within, is_null=False)
    return _nullable(type_, within, is_null=True)


def _nullable(type_: Any, within: tuple[GraphQLInputObjectType, ...], *, is_null: bool) -> Coerce:
    inner = _coercer(type_, within)

    def nullable(value: Any) -> Any:
        return None if value is None else inner(value)

    def non_null(value: Any) -> Any:
        if value is None:
            raise Surprise
        return inner(value)

    return nullable if is_null else non_null


def _coercer(type_: Any, within: tuple[GraphQLInputObjectType, ...]) -> Coerce:
    if isinstance(type_, GraphQLList):
        return _list(coercer(type_.of_type, within))
    if isinstance(type_, GraphQLInputObjectType):
        if type_ in within or type_.is_one_of:
            raise Surprise
        return _object(type_, (*within, type_))
    if isinstance(type_, GraphQLEnumType):
        return _enum(type_)
    return _SCALARS.get(type_) or _scalar(cast("GraphQLScalarType", type_))


def _list(item: Coerce) -> Coerce:
    def coerce(value: Any) -> Any:
        if type(value) is not list:
            raise Surprise
        return [item(each) for each in value]

    return coerce


def _object(type_: GraphQLInputObjectType, within: tuple[GraphQLInputObjectType, ...]) -> Coerce:
    fields = [
        (name, field.out_name or name, coercer(field.type, within), is_required_input_field(field), default(field))
        for name, field in type_.fields.items()
    ]
    names = frozenset(type_.fields)

    def coerce(value: Any) -> Any:
        if type(value) is not dict or not names.issuperset(value):
            raise Surprise
        made = {}
        for name, out_name, inner, is_required, otherwise in fields:
            if name in value:
                made[out_name] = inner(value[name])
            elif is_required:
                raise Surprise
            elif otherwise is not Undefined:
                made[out_name] = otherwise
        return type_.out_type(made)

    return coerce


def default(of: GraphQLInputField | GraphQLArgument) -> Any:
    """Answer the default of a field or argument, Undefined without one. graphql-core, too, gives the same to all."""
    try:
        return coerce_default_value(of)
    except TypeError as error:
        raise Surprise from error


def _enum(type_: GraphQLEnumType) -> Coerce:
    values = {name: type_.coerce_input_value(name) for name in type_.values}

    def coerce(value: Any) -> Any:
        if type(value) is not str or value not in values:
            raise Surprise
        return values[value]

    return coerce


def _scalar(type_: GraphQLScalarType) -> Coerce:
    def coerce(value: Any) -> Any:
        try:
            coerced = Undefined if value is Undefined else type_.coerce_input_value(value)
        except Exception as error:  # (a scalar may raise anything)
            raise Surprise from error
        if coerced is Undefined:
            raise Surprise
        return coerced

    return coerce


def _exactly(class_: type) -> Coerce:
    def coerce(value: Any) -> Any:
        if type(value) is not class_:
            raise Surprise
        return value

    return coerce


def _integer(value: Any) -> Any:
    if type(value) is not int or not -2147483648 <= value <= 2147483647:  # noqa: PLR2004 (32 bits)
        raise Surprise
    return value


_SCALARS: dict[Any, Coerce] = {
    GraphQLString: _exactly(str),
    GraphQLID: _exactly(str),
    GraphQLBoolean: _exactly(bool),
    GraphQLInt: _integer,
}
