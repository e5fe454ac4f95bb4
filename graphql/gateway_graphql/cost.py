"""Cost of an operation: how many rows its page sizes ask for, known before it runs."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    NamedTypeNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
)

from gateway_graphql.arguments import MESSAGES, ROWS, PageSizes

_SIZES = {
    "ConversationConnection": ROWS,
    "LeadConnection": ROWS,
    "MessageConnection": MESSAGES,
}


_MOST_DIGITS = 12


class PagedList(NamedTuple):
    """A list that an operation asks for: what says how long it is, and the lists that each of its rows has."""

    sizes: PageSizes | None
    asked: tuple[ValueNode, ...]
    inner: "PagedLists"

    def cost(self, variables: Mapping[str, Any]) -> int:
        """Return how many rows it asks for in all."""
        length = self._length(variables)
        return length + length * _sum(self.inner, variables) if length else 0

    @property
    def is_constant(self) -> bool:
        """Whether it costs the same with any variables."""
        return not any(isinstance(node, VariableNode) for node in self.asked) and all(
            each.is_constant for each in self.inner.values()
        )

    def _length(self, variables: Mapping[str, Any]) -> int:
        values = [_value(node, variables) for node in self.asked]
        if self.sizes is None:
            return sum(len(value) if isinstance(value, list | tuple) else 1 for value in values)
        # A variable's whole number may be written `100.0`.
        given = [int(value) for value in values if isinstance(value, int | float)]
        # What is longer than a page may be is refused by its field, by name.
        return min(max(0, *given), self.sizes.largest) if given else self.sizes.default


PagedLists = dict[tuple[int, ...], PagedList]
"""PagedLists by the identities of the fields that lead to them: a fragment that is spread twice asks for them once."""


class Costs:
    """The costs of a document's operations."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        self._schema = schema
        self._fragments = {
            each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
        }
        self._known: dict[tuple[str, str], PagedLists] = {}
        self._lists = {
            id(each): self._of(each.selection_set, root)
            for each in document.definitions
            if isinstance(each, OperationDefinitionNode) and (root := schema.get_root_type(each.operation))
        }
        self._constant = {
            id: _sum(lists, {}) for id, lists in self._lists.items() if all(each.is_constant for each in lists.values())
        }

    def of(self, operation: OperationDefinitionNode, variables: Mapping[str, Any]) -> int:
        """Return the cost of an operation with these variables."""
        constant = self._constant.get(id(operation))
        if constant is not None:
            return constant
        defaults = {
            each.variable.name.value: _value(each.default_value, {})
            for each in operation.variable_definitions or ()
            if each.default_value is not None
        }
        return _sum(self._lists[id(operation)], {**defaults, **variables})

    def _of(self, selections: SelectionSetNode | None, parent: GraphQLNamedType) -> PagedLists:
        found: PagedLists = {}
        for node in selections.selections if selections else ():
            if isinstance(node, FieldNode):
                found |= self._of_field(node, parent)
            elif isinstance(node, FragmentSpreadNode):
                found |= self._of_fragment(self._fragments[node.name.value], parent)
            elif isinstance(node, InlineFragmentNode):
                found |= self._of(node.selection_set, self._type(node.type_condition, parent))
        return found

    def _of_fragment(self, fragment: FragmentDefinitionNode, parent: GraphQLNamedType) -> PagedLists:
        key = fragment.name.value, parent.name
        if key not in self._known:
            kind = self._type(fragment.type_condition, parent)
            self._known[key] = self._of(fragment.selection_set, kind)
        return self._known[key]

    def _type(self, condition: NamedTypeNode | None, parent: GraphQLNamedType) -> GraphQLNamedType:
        return self._schema.type_map[condition.name.value] if condition else parent

    def _of_field(self, node: FieldNode, parent: GraphQLNamedType) -> PagedLists:
        field = getattr(parent, "fields", {}).get(node.name.value)
        if field is None:
            return {}
        kind = get_named_type(field.type)
        inner = self._of(node.selection_set, kind)
        arguments = {argument.name.value: argument.value for argument in node.arguments or ()}
        sizes = _SIZES.get(kind.name)
        if sizes:
            asked = tuple(arguments[name] for name in ("first", "last") if name in arguments)
            return {(id(node),): PagedList(sizes, asked, inner)}
        keys = arguments.get("ids") or arguments.get("representations")
        if keys:
            return {(id(node),): PagedList(None, (keys,), inner)}
        return {(id(node), *path): each for path, each in inner.items()}


def _sum(lists: PagedLists, variables: Mapping[str, Any]) -> int:
    return sum(each.cost(variables) for each in lists.values())


def _value(node: ValueNode, variables: Mapping[str, Any]) -> Any:
    match node:
        case VariableNode():
            return variables.get(node.name.value)
        case IntValueNode():
            # What has more digits is no number that a page size can have.
            return int(node.value) if len(node.value) < _MOST_DIGITS else None
        case ListValueNode():
            return node.values
    return None
