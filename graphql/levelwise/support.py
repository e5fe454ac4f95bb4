"""Support: what is compiled, and what is left to graphql-core's executor.

| left to graphql-core | why |
| --- | --- |
| introspection (`__schema`, `__type`) | asked once by tools; its resolvers are graphql-core's own |
| a subscription's source stream | there is one a subscription; each of its events can be run by a plan (`root_value`) |
| `@defer`, `@stream` | their answer comes in parts |
| every other directive than `@skip` and `@include`, also on the operation | it may change how fields are executed |
| fragments with variables | an experiment of graphql-core's |
| more than 6 variables that decide about `@skip` and `@include` | each combination of them is a plan of its own |
| more than 2,000 fields or 100 levels, counted with fragments spread and once for each possible type | a plan's memory has a bound |
| schemas with extensions that hook `resolve`, directives of their own or another executor class | they see every field |

    >>> compile_operation(schema, parse("{ __schema { description } }"), None)
    Unsupported(reason='introspection')
"""

from typing import NamedTuple

import strawberry
from graphql import (
    DirectiveNode,
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
    Visitor,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    visit,
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
        if not isinstance(kind, type) or kind.resolve is not SchemaExtension.resolve:
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
    survey = _Survey(fragments)
    visit(operations[0], survey)
    return survey.reason or _within_bounds(
        schema, Definitions(operations[0], fragments, tuple(sorted(survey.conditions)))
    )


class _Survey(Visitor):
    def __init__(self, fragments: dict[str, FragmentDefinitionNode]) -> None:
        super().__init__()
        self.reason: Unsupported | None = None
        self.conditions: set[str] = set()
        self._fragments = fragments
        self._spread: set[str] = set()

    def enter_field(self, node: FieldNode, *_: object) -> None:
        if node.name.value in {"__schema", "__type"}:
            self.reason = Unsupported("introspection")

    def enter_directive(self, node: DirectiveNode, *_: object) -> None:
        if node.name.value not in {"skip", "include"}:
            self.reason = Unsupported(f"the directive @{node.name.value}")
        values = [argument.value for argument in node.arguments or ()]
        self.conditions.update(each.name.value for each in values if isinstance(each, VariableNode))

    def enter_fragment_spread(self, node: FragmentSpreadNode, *_: object) -> None:
        name = node.name.value
        if name in self._fragments and name not in self._spread:
            self._spread.add(name)
            visit(self._fragments[name], self)

    def enter_fragment_definition(self, node: FragmentDefinitionNode, *_: object) -> None:
        if node.variable_definitions:
            self.reason = Unsupported("fragments with variables")


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
        fragment = self._fragments[node.name.value] if isinstance(node, FragmentSpreadNode) else node
        condition = fragment.type_condition  # type: ignore[attr-defined]  # both kinds of fragment have one
        narrowed = type_from_ast(self._schema, condition) if condition else on
        if not is_composite_type(narrowed) or not self._applies(narrowed, on):
            return 0, 0
        return self.of(fragment.selection_set, on, level + 1)  # type: ignore[attr-defined]  # likewise

    def _applies(self, condition: GraphQLNamedType, on: GraphQLNamedType) -> bool:
        return condition is on or (is_abstract_type(condition) and self._schema.is_sub_type(condition, on))  # type: ignore[arg-type]  # `on` is an object type
