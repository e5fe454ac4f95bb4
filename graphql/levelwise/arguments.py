"""Arguments: makes, once for each field of a plan, the function that reads the field's arguments.

    messages(first: $first, role: USER)

has a reader that looks up one variable, and nothing else:

>>> reader(field.definition, field.node, converters)({"first": 20})
{'first': 20, 'role': Role.USER}

What it answers is what graphql-core's `get_argument_values` does, converted as Strawberry does it. It raises Surprise
where something is wrong, or not for it to say: they are asked then.
"""

from collections.abc import Callable, Mapping
from typing import Any

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    Undefined,
    ValueNode,
    VariableNode,
    Visitor,
    is_required_argument,
    is_required_input_field,
    visit,
)
from graphql.utilities import coerce_input_literal

from levelwise.coerce import default
from levelwise.convert import Arguments, Convert
from levelwise.surprises import Surprise, is_immutable

Coerced = dict[str, Any]
"""The operation's variables that have a value."""

Make = Callable[[Coerced], Any]
"""Makes a value; Undefined where there is none. Raises Surprise."""


def reader(
    definition: GraphQLField, node: FieldNode, converters: Mapping[str, tuple[str, Convert | None]] | None
) -> Callable[[Coerced], Arguments]:
    """Make what reads a field's arguments. Raises Surprise where that is not for it to do.

    `converters` say how arguments are called in Python, and what makes them of GraphQL's.
    """
    given = {each.name.value: each.value for each in node.arguments or ()}
    parts: list[tuple[str, Make, Convert | None]] = []
    for name, argument in definition.args.items():
        known = {name: (argument.out_name or name, None)} if converters is None else converters
        if converters is not None and argument.out_name not in {None, name}:
            raise Surprise
        make = _argument(argument, given.get(name))
        if name in known:
            parts.append((known[name][0], make, known[name][1]))

    def read(coerced: Coerced) -> Arguments:
        values = {}
        for name, make, convert in parts:
            value = make(coerced)
            if value is not Undefined:
                values[name] = value if convert is None else convert(value)
        return values

    if all(isinstance(make, _Constant) and (convert is None or make.value is None) for _, make, convert in parts):
        same = read({})  # for all requests; values that are converted are made anew
        return lambda _: same.copy()
    return read


def _argument(argument: Any, node: ValueNode | None) -> Make:
    is_required, otherwise = is_required_argument(argument), default(argument)
    if node is None:
        if is_required:
            raise Surprise
        return _Constant(otherwise)
    if not isinstance(node, VariableNode):
        return _literal(node, argument.type)
    return _variable(node, argument.type, Surprise if is_required else otherwise)


def _variable(node: VariableNode, type_: Any, otherwise: Any) -> Make:
    """Make what looks up a variable; `otherwise` is what it is without a value, Surprise if that is wrong."""
    name, is_non_null = node.name.value, isinstance(type_, GraphQLNonNull)

    def make(coerced: Coerced) -> Any:
        value = coerced.get(name, otherwise)
        if value is Surprise or (value is None and is_non_null):
            raise Surprise
        return value

    return make


class _Constant:
    def __init__(self, value: Any) -> None:
        self.value = value

    def __call__(self, _: Coerced) -> Any:
        return self.value


def _literal(node: ValueNode, type_: Any) -> Make:
    if isinstance(node, VariableNode):
        return _variable(node, type_, Surprise)
    is_non_null = isinstance(type_, GraphQLNonNull)
    inner = type_.of_type if is_non_null else type_
    if isinstance(node, NullValueNode):
        if is_non_null:
            raise Surprise
        return _Constant(None)
    if isinstance(inner, GraphQLList):
        return _list(node, inner.of_type)
    if isinstance(inner, GraphQLInputObjectType):
        return _object(node, inner)
    return _leaf(node, inner)


def _list(node: ValueNode, item: Any) -> Make:
    nodes = node.values if isinstance(node, ListValueNode) else (node,)
    missing = Surprise if isinstance(item, GraphQLNonNull) else None
    items = [
        _variable(each, item, missing) if isinstance(each, VariableNode) else _literal(each, item) for each in nodes
    ]
    return lambda coerced: [make(coerced) for make in items]


def _object(node: ValueNode, type_: GraphQLInputObjectType) -> Make:
    nodes = {each.name.value: each.value for each in node.fields} if isinstance(node, ObjectValueNode) else None
    if nodes is None or type_.is_one_of or not nodes.keys() <= type_.fields.keys():
        raise Surprise
    parts = [(field.out_name or name, _field(field, nodes.get(name))) for name, field in type_.fields.items()]

    def make(coerced: Coerced) -> Any:
        made = {name: value for name, part in parts if (value := part(coerced)) is not Undefined}
        return type_.out_type(made)

    return make


def _field(field: Any, node: ValueNode | None) -> Make:
    otherwise = Surprise if is_required_input_field(field) else default(field)
    if isinstance(node, VariableNode):
        return _variable(node, field.type, otherwise)
    if node is not None:
        return _literal(node, field.type)
    if otherwise is Surprise:
        raise Surprise
    return _Constant(otherwise)


def _leaf(node: ValueNode, type_: Any) -> Make:
    if has_variables(node):
        raise Surprise
    value = coerce_input_literal(node, type_)
    if value is Undefined:
        raise Surprise
    if is_immutable(value):
        return _Constant(value)
    return lambda _: coerce_input_literal(node, type_)  # each its own


def has_variables(node: Any) -> bool:
    """Tell whether a value depends on variables."""
    search = _VariableSearch()
    visit(node, search)
    return search.found


class _VariableSearch(Visitor):
    found = False

    def enter_variable(self, _node: VariableNode, *_: object) -> None:
        self.found = True
