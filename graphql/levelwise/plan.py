"""Plan: the fields of each object in an operation's answer, decided before it runs.

    { conversations { nodes { id lead { name } ...Preview } } }

    Selection(Query)
      Field conversations: Resolver -> Selection(ConversationConnection)
        Field nodes: Batch -> Selection(Conversation)
          Field id: Attribute
          Field lead: Batch -> Selection(Lead)
            Field name: Attribute
          Field lastMessagePreview: Attribute

Fields of one response key are merged, fragments are spread, and `@skip` and `@include` are decided: an operation
has a plan for each combination of the variables that they depend on.
"""

from collections.abc import Callable, Mapping
from functools import cached_property
from inspect import iscoroutinefunction
from typing import Any, TypeVar

import strawberry
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLField,
    GraphQLLeafType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    OperationDefinitionNode,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
)
from graphql.execution.collect_fields import (
    FieldDetails,
    FragmentDetails,
    collect_fields,
    collect_subfields,
)
from graphql.execution.values import VariableValues

from levelwise.arguments import Coerced, reader
from levelwise.convert import Arguments
from levelwise.fields import Attribute, Batch, Resolver, Source, TypeName, source
from levelwise.leaves import Leaf, Untouched, leaf
from levelwise.surprises import Surprise

Make = Callable[..., tuple[list[Any], list[int]]]
"""`(rows, run, *columns)` to objects, and the numbers of those that it could not make."""

Function = TypeVar("Function", bound=Callable[..., Any])

MOST_INLINE = 5
"""Levels of objects inside one generated function: Python's blocks cannot be nested forever."""


def by_class(is_type_of: Function) -> Function:
    """Mark an `is_type_of` that depends on the value's class alone: it is called once for each class."""
    is_type_of.by_class = True  # type: ignore[attr-defined]  # read by plans
    return is_type_of


class Selection:
    """The fields that are selected on objects of one type at one place."""

    def __init__(self, type_: GraphQLObjectType, fields: list["Field"], error: GraphQLError | None = None) -> None:
        self.type = type_
        self.fields = fields
        self.error = error
        """Why nothing can be selected, found while collecting fields."""
        self.known: set[type] = set()
        """Classes of objects that were checked before."""
        self.make: Make | None = None
        """Makes the objects; generated when the first are needed."""

    @cached_property
    def inline_levels(self) -> int:
        """How many levels of objects generated code can make on its own; more than MOST_INLINE: it cannot."""
        return max((field.inline_levels for field in self.fields), default=0) + (99 if self.error else 0)

    @cached_property
    def columns(self) -> list["Field"]:
        """The fields whose values a level finds before its objects are made."""
        return [field for field in self.fields if field.is_column]

    @cached_property
    def batches(self) -> Mapping[Any, "Field"]:
        """The batch functions among them, each with the field that comes first."""
        found = [(field.source.function, field) for field in self.columns if isinstance(field.source, Batch)]
        return dict(reversed(found))

    @cached_property
    def asks_async(self) -> bool:
        """Whether `is_type_of` must be awaited."""
        return iscoroutinefunction(self.type.is_type_of)

    @cached_property
    def decides_by_class(self) -> bool:
        """Whether `is_type_of` depends on the object's class alone."""
        return self.type.is_type_of is None or getattr(self.type.is_type_of, "by_class", False)


class Field:
    """One response key of a selection."""

    def __init__(
        self,
        key: str,
        details: list[FieldDetails],
        parent: GraphQLObjectType,
        definition: GraphQLField,
        from_: Source,
        leaf_: Leaf | None,
        selections: Mapping[str, Selection],
    ) -> None:
        self.key = key
        self.details = details
        self.nodes: list[FieldNode] = [each.node for each in details]
        self.parent = parent
        self.definition = definition
        self.type: GraphQLOutputType = definition.type
        self.named = get_named_type(definition.type)
        """The type without lists and non-null."""
        self.source = from_
        self.leaf = leaf_
        """How values are completed; None for objects."""
        self.selections = selections
        """By name of the object's type."""
        self.lists = _lists(definition.type)
        """The number of nested lists."""

    @cached_property
    def selection(self) -> Selection | None:
        """The selection if its type is settled: the field's type is an object's."""
        return None if is_abstract_type(self.named) else next(iter(self.selections.values()), None)

    @cached_property
    def read_arguments(self) -> Callable[[Coerced], Arguments] | None:
        """Reads the arguments; None: graphql-core has to."""
        convert = self.source.convert if isinstance(self.source, Resolver | Batch) else None
        try:
            return reader(self.definition, self.nodes[0], None if convert is None else convert.converters())
        except Surprise:
            return None

    @cached_property
    def asks_async(self) -> bool:
        """Whether the type of an object must be awaited."""
        resolve_type = getattr(self.named, "resolve_type", None)
        return iscoroutinefunction(resolve_type) or any(each.asks_async for each in self.selections.values())

    @cached_property
    def inline_levels(self) -> int:
        """How many levels of objects there are, if all of them are plain attributes."""
        if not isinstance(self.source, TypeName | Attribute):
            return MOST_INLINE + 1
        if self.leaf is not None:
            return self.lists
        return 99 if self.selection is None else self.selection.inline_levels + 1 + self.lists

    @property
    def is_column(self) -> bool:
        """Whether a level has to find the values before its objects are made."""
        return self.inline_levels > MOST_INLINE


def _lists(type_: GraphQLOutputType) -> int:
    if isinstance(type_, GraphQLNonNull):
        return _lists(type_.of_type)
    return 1 + _lists(type_.of_type) if isinstance(type_, GraphQLList) else 0


class Planner:
    """Plans one combination of an operation's `@skip` and `@include`."""

    def __init__(
        self,
        schema: GraphQLSchema,
        operation: OperationDefinitionNode,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: VariableValues,
        *,
        strawberry_schema: strawberry.Schema | None,
        untouched: Untouched,
    ) -> None:
        self._schema = schema
        self._operation = operation
        self._fragments = {name: FragmentDetails(fragment) for name, fragment in fragments.items()}
        self._variables = variables
        self._strawberry_schema = strawberry_schema
        self._untouched = untouched
        self._leaves: dict[GraphQLLeafType, Leaf] = {}

    def plan(self, type_: GraphQLObjectType) -> Selection:
        """Plan the operation's root. Raises GraphQLError where `@skip` or `@include` has no decision."""
        collected = collect_fields(self._schema, self._fragments, self._variables, type_, self._operation)
        return Selection(type_, self._fields(type_, collected.grouped_field_set))

    def _fields(self, type_: GraphQLObjectType, grouped: Mapping[str, list[FieldDetails]]) -> list[Field]:
        found = ((key, details, self._definition(type_, details)) for key, details in grouped.items())
        return [self._field(key, details, type_, definition) for key, details, definition in found if definition]

    def _definition(self, type_: GraphQLObjectType, details: list[FieldDetails]) -> GraphQLField | None:
        return self._schema.get_field(type_, details[0].node.name.value)

    def _field(
        self, key: str, details: list[FieldDetails], parent: GraphQLObjectType, definition: GraphQLField
    ) -> Field:
        named = get_named_type(definition.type)
        leaf_ = self._leaf(named) if is_leaf_type(named) else None
        selections: dict[str, Selection] = {}
        if is_abstract_type(named):
            types = self._schema.get_possible_types(named)
            selections = {each.name: self._selection(each, details) for each in types}
        elif isinstance(named, GraphQLObjectType):
            selections = {named.name: self._selection(named, details)}
        return Field(key, details, parent, definition, source(definition, self._strawberry_schema), leaf_, selections)

    def _selection(self, type_: GraphQLObjectType, details: list[FieldDetails]) -> Selection:
        try:
            collected = collect_subfields(
                self._schema, self._fragments, self._variables, self._operation, type_, details
            )
        except GraphQLError as error:
            return Selection(type_, [], error)
        return Selection(type_, self._fields(type_, collected.grouped_field_set))

    def _leaf(self, type_: GraphQLLeafType) -> Leaf:
        if type_ not in self._leaves:
            self._leaves[type_] = leaf(type_, self._untouched)
        return self._leaves[type_]
