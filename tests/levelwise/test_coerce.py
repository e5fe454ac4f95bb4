"""Input coercion made for a type: what graphql-core answers, or nothing."""

from typing import Any

import pytest
from graphql import GraphQLInputType, Undefined, build_schema, type_from_ast
from graphql.language import parse_type
from graphql.utilities import coerce_input_value

from levelwise.coerce import coercer
from levelwise.surprises import Surprise

SCHEMA = build_schema("""
    scalar Any
    enum Size { SMALL LARGE }
    input Box { size: Size! = SMALL, weight: Float, inner: [Inner!], extra: Any, label: String = "none" }
    input Inner { id: ID!, count: Int = 1, flag: Boolean }
    input Chain { next: Chain }
    input Either @oneOf { a: Int, b: Int }
    type Query { a(box: Box, chain: Chain, either: Either): Int }
""")
VALUES: list[Any] = [
    None, Undefined, True, False, 0, 1, -1, 2**31 - 1, 2**31, 1.0, 1.5, float("nan"), "", "SMALL", "PINK", "1",
    [], [1], ["SMALL"], ["SMALL", None], [[1], 2], (1, 2), {}, {"id": "a"}, {"id": 1}, {"id": "a", "count": None},
    {"id": None}, {"id": "a", "flag": "yes"}, {"size": "LARGE"}, {"size": None}, {"weight": 1}, {"weight": 1.5},
    {"inner": {"id": "x"}}, {"inner": [{"id": "x"}, {}]}, {"extra": {"a": [1]}}, {"label": None}, {"a": 1}, object(),
]  # fmt: skip


def type_of(text: str) -> GraphQLInputType:
    found: Any = type_from_ast(SCHEMA, parse_type(text))
    return found  # type: ignore[no-any-return]  # as given here


TYPES = [
    "Int",
    "Int!",
    "Float",
    "String",
    "ID!",
    "Boolean",
    "Size",
    "Any",
    "[Int]",
    "[[Int!]!]",
    "[Size!]!",
    "Box!",
    "Inner",
]


@pytest.mark.parametrize("text", TYPES)
def test_whatever_is_given(text: str) -> None:
    type_ = type_of(text)
    coerce = coercer(type_)
    for value in VALUES:
        try:
            coerced = coerce(value)
        except Surprise:
            continue
        assert [coerced] == [coerce_input_value(value, type_)]  # within a list, NaN is itself
        assert coerced is not Undefined


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("Int!", 5, 5),
        ("ID!", "a", "a"),
        ("Boolean", True, True),
        ("Size", "LARGE", "LARGE"),
        ("Float", 1.5, 1.5),
        ("Any", {"a": 1}, {"a": 1}),
        ("[Size!]!", ["SMALL"], ["SMALL"]),
        ("String", None, None),
        ("Box!", {}, {"size": "SMALL", "label": "none"}),
        ("Box", {"inner": [{"id": "a"}]}, {"size": "SMALL", "inner": [{"id": "a", "count": 1}], "label": "none"}),
    ],
)
def test_the_usual_is_no_surprise(text: str, value: Any, expected: Any) -> None:
    assert coercer(type_of(text))(value) == expected


@pytest.mark.parametrize("text", ["Chain", "[Chain!]", "Either"])
def test_what_has_no_end_is_left_alone(text: str) -> None:
    with pytest.raises(Surprise):
        coercer(type_of(text))
