"""Convert: makes, once for each type, the function that converts GraphQL's arguments to Strawberry's.

It answers what Strawberry's `convert_argument` does; types that it does not know are left to that.
"""

from collections.abc import Callable
from dataclasses import MISSING
from typing import Any

import strawberry
from graphql import GraphQLResolveInfo
from strawberry.relay import GlobalID
from strawberry.schema.compat import is_scalar
from strawberry.types.arguments import convert_arguments
from strawberry.types.base import StrawberryList, StrawberryMaybe, StrawberryOptional, has_object_definition
from strawberry.types.enum import StrawberryEnumDefinition, has_enum_definition
from strawberry.types.field import StrawberryField
from strawberry.types.lazy_type import LazyType
from strawberry.types.unset import UNSET

from levelwise.surprises import Surprise

Arguments = dict[str, Any]

Convert = Callable[[Any], Any]


class Conversion:
    """The arguments of one Strawberry field."""

    def __init__(self, field: StrawberryField, schema: strawberry.Schema) -> None:
        self._field = field
        self._schema = schema

    def __call__(self, given: Arguments, info: GraphQLResolveInfo[Any]) -> Arguments:
        """Convert as Strawberry does."""
        schema = self._schema
        return convert_arguments(
            given,
            self._field.arguments,
            scalar_registry=schema.schema_converter.scalar_registry,
            config=schema.config,
            info=schema.config.info_class(_raw_info=info, _field=self._field),
        )

    def converters(self) -> dict[str, tuple[str, Convert | None]]:
        """Answer Python's name of each argument, and what converts it if anything. Raises Surprise."""
        name_of = self._schema.config.name_converter.from_argument
        return {name_of(each): (each.python_name, self._converter(each.type, ())) for each in self._field.arguments}

    def _converter(self, type_: Any, within: tuple[Any, ...]) -> Convert | None:
        """Make what converts values of a type; None: nothing has to."""
        if isinstance(type_, StrawberryMaybe) or type_ is GlobalID or type_ in within:
            raise Surprise
        if isinstance(type_, StrawberryOptional):
            return self._converter(type_.of_type, within)
        if isinstance(type_, LazyType):
            return self._converter(type_.resolve_type(), within)
        if isinstance(type_, StrawberryList):
            return _list(self._converter(type_.of_type, within))
        if is_scalar(type_, self._schema.schema_converter.scalar_registry):
            return None
        if isinstance(type_, StrawberryEnumDefinition) or has_enum_definition(type_):
            return None
        return self._input(type_, (*within, type_))

    def _input(self, type_: Any, within: tuple[Any, ...]) -> Convert:
        definition = type_.__strawberry_definition__ if has_object_definition(type_) else None
        if definition is None or definition.from_input is not None or not definition.is_input:
            raise Surprise
        name_of = self._schema.config.name_converter.from_field
        fields = [
            (name_of(each), each.python_name, self._converter(each.resolve_type(type_definition=definition), within))
            for each in definition.fields
        ]
        missing: Arguments = {
            each.python_name: None
            for each in definition.fields
            if each.default_value is MISSING and each.default_factory is MISSING
        }
        return _input(type_, fields, missing)


def _list(item: Convert | None) -> Convert:
    def convert(value: Any) -> Any:
        if value is None or value is UNSET:
            return value
        return list(value) if item is None else [item(each) for each in value]  # copied, as Strawberry does

    return convert


def _input(type_: type, fields: list[tuple[str, str, Convert | None]], missing: Arguments) -> Convert:
    def convert(value: Any) -> Any:
        if value is None or value is UNSET:
            return value
        given = missing.copy()
        for name, python_name, inner in fields:
            if name in value:
                given[python_name] = value[name] if inner is None else inner(value[name])
        return type_(**given)

    return convert
