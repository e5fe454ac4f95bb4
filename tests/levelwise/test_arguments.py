"""Readers of arguments: what graphql-core reads, without asking it."""

from typing import Any

import pytest
from graphql import FieldNode, OperationDefinitionNode, build_schema, parse
from graphql.execution.values import VariableValues, get_argument_values, get_variable_values

from levelwise.arguments import reader
from levelwise.surprises import Surprise

SCHEMA = build_schema("""
    enum Size { SMALL LARGE }
    input Box { size: Size! = SMALL, weight: Float, inner: [Inner!] }
    input Inner { id: ID!, count: Int = 1 }
    type Query { items(first: Int = 20, after: String, size: Size, box: Box, ids: [ID], must: Boolean! = true): Int }
""")
VARIABLES = "($first: Int, $id: ID!, $size: Size! = LARGE, $must: Boolean = false, $inner: Inner)"


def parts(arguments: str, given: dict[str, Any]) -> tuple[Any, FieldNode, VariableValues]:
    """A field's definition, its node, and the variables."""
    (operation,) = parse(f"query {VARIABLES} {{ items{arguments} }}").definitions
    assert isinstance(operation, OperationDefinitionNode)
    (node,) = operation.selection_set.selections
    assert isinstance(node, FieldNode)
    variables = get_variable_values(SCHEMA, operation.variable_definitions or (), given)
    assert isinstance(variables, VariableValues)
    assert SCHEMA.query_type
    return SCHEMA.query_type.fields["items"], node, variables


@pytest.mark.parametrize(
    "given", [{}, {"first": 3}, {"first": None, "must": True, "inner": {"id": 7}}, {"inner": None}]
)
@pytest.mark.parametrize(
    "arguments",
    [
        "",
        "(first: 5, after: null, size: SMALL)",
        "(first: $first)",
        "(ids: $id, size: $size)",
        "(ids: [$id, null, 4])",
        "(box: {})",
        "(box: {size: $size, weight: 2, inner: {id: $id}})",
        "(box: {inner: [{id: 1}, {id: $id, count: $first}]})",
    ],
)
def test_as_graphql_core_reads_them(arguments: str, given: dict[str, Any]) -> None:
    definition, node, variables = parts(arguments, {"id": "x", **given})
    read = reader(definition, node, None)
    expected = get_argument_values(definition, node, variables)
    assert read(variables.coerced) == expected
    again = read(variables.coerced)
    assert again == expected
    if "box" in again:
        assert again["box"] is not read(variables.coerced)["box"]  # whoever is given it may change it


def test_what_is_wrong_is_a_surprise() -> None:
    definition, node, variables = parts("(must: $must)", {"id": "x", "must": None})
    with pytest.raises(Surprise):
        reader(definition, node, None)(variables.coerced)
    definition, node, variables = parts("(box: {inner: [$inner]})", {"id": "x", "inner": None})
    with pytest.raises(Surprise):
        reader(definition, node, None)(variables.coerced)
    for wrong in ("(first: FIVE)", "(box: {other: 1})", "(box: {inner: {count: 1}})", "(must: null)"):
        definition, node, _ = parts(wrong, {"id": "x"})
        with pytest.raises(Surprise):
            reader(definition, node, None)


def test_arguments_have_pythons_names_and_forms() -> None:
    definition, node, variables = parts("(first: 2, after: null)", {"id": "x"})
    read = reader(definition, node, {"first": ("most", lambda value: value * 10), "after": ("behind", None)})
    assert read(variables.coerced) == {"most": 20, "behind": None}
