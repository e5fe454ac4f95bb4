"""Leaves: what is told at a glance, and what is coerced."""

import math
from collections.abc import Generator
from datetime import date, datetime
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Any

import pytest
import strawberry
from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLError,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLScalarType,
    GraphQLString,
)

from levelwise.leaves import leaf
from levelwise.surprises import Surprise

VALUES: list[Any] = [
    *(None, True, False, 0, 1, -1, 2**31 - 1, 2**31, -(2**31), -(2**31) - 1, 2**70, 0.0, 1.5, -1e300),
    *(math.inf, -math.inf, math.nan, "", "7", "x", "1.5", b"x", Decimal("1.5"), [], {}, object, date.min),
]


@pytest.mark.parametrize("type_", [GraphQLInt, GraphQLFloat, GraphQLString, GraphQLBoolean, GraphQLID])
@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_values_that_are_not_doubted_are_their_own_coercion(type_: GraphQLScalarType, value: Any) -> None:
    doubt = leaf(type_, {}).doubt
    assert doubt is not None
    if not eval(doubt.format("value"), {"value": value}):
        coerced = type_.coerce_output_value(value)
        assert coerced == value
        assert type(coerced) is type(value)


@pytest.mark.parametrize(
    ("type_", "value"),
    [(GraphQLInt, 7), (GraphQLFloat, 1.5), (GraphQLString, "x"), (GraphQLBoolean, True), (GraphQLID, "x")],
)
def test_usual_values_are_not_doubted(type_: GraphQLScalarType, value: Any) -> None:
    doubt = leaf(type_, {}).doubt
    assert doubt is not None
    assert not eval(doubt.format("value"), {"value": value})


def _generator() -> Generator[int]:
    yield 1


def test_coercion_leaves_to_exact_completion_what_is_no_value() -> None:
    coerce = leaf(GraphQLString, {}).coerce
    assert coerce(7) == "7"
    for value in (None, ValueError(), _generator()):
        with pytest.raises(Surprise):
            coerce(value)
    with pytest.raises(GraphQLError):
        coerce({})


def test_classes_may_be_left_untouched() -> None:
    scalar = GraphQLScalarType("Moment")
    assert leaf(scalar, {"Moment": [datetime]}).classes == (datetime,)
    assert leaf(scalar, {"Other": [datetime]}).classes == ()


def test_names_of_an_enum() -> None:
    class Plain(Enum):
        ONE = 1
        LIST = [1]  # noqa: RUF012 (what cannot be hashed)

    @strawberry.type
    class Query:
        plain: strawberry.enum(Plain)  # type: ignore[valid-type]  # as Strawberry has it

    type_ = strawberry.Schema(Query)._schema.type_map["Plain"]  # noqa: SLF001 (graphql-core's schema)
    assert isinstance(type_, GraphQLEnumType)
    assert leaf(type_, {}).names == {1: "ONE", Plain.ONE: "ONE", Plain.LIST: "LIST"}


def test_an_enum_whose_values_are_ambiguous_is_coerced() -> None:
    class Swapped(StrEnum):
        A = "b"
        B = "a"

    type_ = GraphQLEnumType("Swapped", {"A": Swapped.A, "B": "a"})
    names = leaf(type_, {}).names
    assert names is None or all(type_.coerce_output_value(value) == name for value, name in names.items())
