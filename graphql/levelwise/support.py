"""Support: what is compiled, and what is left to graphql-core's executor.

| left to graphql-core | why |
| --- | --- |
| introspection (`__schema`, `__type`) | asked once by tools; its resolvers are graphql-core's own |
| a subscription's source stream | there is one; each of its events can be run by a plan (`root_value`) |
| `@defer`, `@stream` | their answer comes in parts |
| all directives but `@skip` and `@include` | they may change how fields are executed |
| fragments with variables | an experiment of graphql-core's |
| more than 6 variables of `@skip` and `@include` | each combination of them is a plan of its own |
| more than 2,000 fields or 100 levels | a plan's memory has a bound |
| schemas with extensions that hook `resolve` | they see every field |
| schemas with directives or an executor class of their own | likewise |

Fields are counted with fragments spread, and for each possible type.

    >>> compile_operation(schema, parse("{ __schema { description } }"))
    Unsupported(reason='introspection')
"""

from typing import Any, NamedTuple

import strawberry
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLNamedType,
    GraphQLSchema,
    Node,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_abstract_type,
)
from graphql.utilities import type_from_ast
from strawberry.extensions import SchemaExtension
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

MOST_CONDITIONS = 6
MOST_FIELDS = 2_000
MOST_LEVELS = 100


class Unsupported(NamedTuple):
    """An operation that graphql-core has to run."""

    reason: str


class Definitions(NamedTuple):
    """What of a document one operation needs."""

    operation: OperationDefinitionNode
    fragments: dict[str, FragmentDefinitionNode]
    conditions: tuple[str, ...] = ()
    """The variables that `@skip` and `@include` depend on."""


def unsupported_schema(schema: strawberry.Schema) -> Unsupported | None:
    """Tell why no operation of this schema can be compiled."""
    if schema.execution_context_class is not StrawberryGraphQLCoreExecutionContext:
        return Unsupported("an executor class of the schema's own")
    if schema.directives:
        return Unsupported("directives of the schema's own")
    for extension in schema.extensions:
        kind = type(extension) if isinstance(extension, SchemaExtension) else extension
        # A factory does not tell what it makes.
        if not isinstance(kind, type) or getattr(kind, "resolve", None) is not SchemaExtension.resolve:
            return Unsupported("an extension that hooks resolve")
    return None


def definitions(schema: GraphQLSchema, document: DocumentNode, operation_name: str | None) -> Definitions | Unsupported:
    """Find the operation of a validated document, or tell why it cannot be compiled."""
    fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
    operations = [
        each
        for each in document.definitions
        if isinstance(each, OperationDefinitionNode)
        and (operation_name is None or (each.name is not None and each.name.value == operation_name))
    ]
    if len(operations) != 1:
        return Unsupported("no operation, or more than one")
    found = _survey(operations[0], fragments)
    return found if isinstance(found, Unsupported) else _within_bounds(schema, found)


def _survey(
    operation: OperationDefinitionNode, fragments: dict[str, FragmentDefinitionNode]
) -> Definitions | Unsupported:
    """Look at all that the operation reaches, without recursion: a client decides how deep it is."""
    conditions: set[str] = set()
    reached: dict[str, FragmentDefinitionNode] = {}
    rest: list[Node] = [operation]
    while rest:
        node = rest.pop()
        for directive in getattr(node, "directives", None) or ():
            if directive.name.value not in {"skip", "include"}:
                return Unsupported(f"the directive @{directive.name.value}")
            values = [argument.value for argument in directive.arguments or ()]
            conditions.update(each.name.value for each in values if isinstance(each, VariableNode))
        if isinstance(node, FieldNode) and node.name.value in {"__schema", "__type"}:
            return Unsupported("introspection")
        if isinstance(node, FragmentDefinitionNode) and node.variable_definitions:
            return Unsupported("fragments with variables")
        if isinstance(node, FragmentSpreadNode):
            name = node.name.value
            if name in fragments and name not in reached:
                reached[name] = fragments[name]
                rest.append(fragments[name])
        elif selections := getattr(node, "selection_set", None):
            rest += selections.selections
    return Definitions(operation, fragments, tuple(sorted(conditions)))


def _within_bounds(schema: GraphQLSchema, found: Definitions) -> Definitions | Unsupported:
    if len(found.conditions) > MOST_CONDITIONS:
        return Unsupported(f"more than {MOST_CONDITIONS} variables of @skip and @include")
    root = schema.get_root_type(found.operation.operation)
    if root is None:
        return Unsupported("a type of operation that the schema lacks")
    fields, levels = _Size(schema, found.fragments).of(found.operation.selection_set, root)
    if fields > MOST_FIELDS:
        return Unsupported(f"more than {MOST_FIELDS} fields")
    return Unsupported(f"more than {MOST_LEVELS} levels") if levels > MOST_LEVELS else found


class _Size:
    """Counts fields and levels, each selection set once for each type: in no more time than the text is long."""

    def __init__(self, schema: GraphQLSchema, fragments: dict[str, FragmentDefinitionNode]) -> None:
        self._schema = schema
        self._fragments = fragments
        self._known: dict[tuple[int, str], tuple[int, int]] = {}

    def of(self, selections: SelectionSetNode, on: GraphQLNamedType, level: int = 0) -> tuple[int, int]:
        key = id(selections), on.name
        if level > MOST_LEVELS:
            return 0, level
        if key not in self._known:
            types = self._schema.get_possible_types(on) if is_abstract_type(on) else [on]
            sizes = [self._node(each, type_, level) for type_ in types for each in selections.selections]
            self._known[key] = (
                sum(fields for fields, _ in sizes),
                max((levels for _, levels in sizes), default=0),
            )
        return self._known[key]

    def _node(self, node: Node, on: GraphQLNamedType, level: int) -> tuple[int, int]:
        if isinstance(node, FieldNode):
            field = self._schema.get_field(on, node.name.value)  # type: ignore[arg-type]  # composite types only
            if field is None or node.selection_set is None:
                return 1, 1
            fields, levels = self.of(node.selection_set, get_named_type(field.type), level + 1)
            return fields + 1, levels + 1
        fragment: Any = self._fragments[node.name.value] if isinstance(node, FragmentSpreadNode) else node
        condition = fragment.type_condition
        if condition and not self._applies(type_from_ast(self._schema, condition), on):
            return 0, 0
        return self.of(fragment.selection_set, on, level + 1)

    def _applies(self, condition: Any, on: Any) -> bool:
        return condition is on or (is_abstract_type(condition) and self._schema.is_sub_type(condition, on))
