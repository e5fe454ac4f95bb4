"""Limits of a document, checked before it is validated or executed; each error names its limit.

Fragments count as often as they are spread; introspection has a shape of its own and is let pass.
"""

from typing import Any, NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

from gateway_graphql.errors import ErrorCode
from gateway_graphql.overlaps import overlaps_beyond


class Limits(NamedTuple):
    """The most that a document may have."""

    depth: int = 15
    aliases: int = 50
    directives: int = 50
    root_fields: int = 100
    fields: int = 2000
    introspections: int = 10
    """With the aliases within them. Beside other fields there may be one: alone they run in a thread."""
    overlaps: int = 15_000
    """Fields, and pairs of those that stand under one name in one place: each pair takes some microseconds."""
    lines: int = 5000
    characters: int = 1_000_000
    tokens: int = 2000
    cost: int = 10_000
    seconds: float = 30


class Measures(NamedTuple):
    """What a selection has."""

    depth: int = 0
    aliases: int = 0
    directives: int = 0
    root_fields: int = 0
    fields: int = 0
    introspections: int = 0

    def beside(self, other: "Measures") -> "Measures":
        """Add what stands beside it in the same selection."""
        return Measures(
            max(self.depth, other.depth),
            self.aliases + other.aliases,
            self.directives + other.directives,
            self.root_fields + other.root_fields,
            self.fields + other.fields,
            self.introspections + other.introspections,
        )


def too_complex(limit: str, most: int, asked: int | None = None) -> GraphQLError:
    """Make the error of a document over a limit. `asked` None: by 1 or more, counting stopped there."""
    requested = most + 1 if asked is None else asked
    found = f"{requested} or more" if asked is None else requested
    return GraphQLError(
        f"The limit of {limit.replace('_', ' ')} is {most}; this has {found}.",
        extensions={
            "code": ErrorCode.QUERY_TOO_COMPLEX,
            "limit": limit,
            "maximum": most,
            "requested": requested,
        },
    )


def only_introspects(operation: OperationDefinitionNode) -> bool:
    """Say whether an operation asks for nothing but the schema, as tools do."""
    return all(
        isinstance(each, FieldNode) and each.name.value[:2] == "__" for each in operation.selection_set.selections
    )


def beyond(document: DocumentNode, limits: Limits) -> list[GraphQLError]:
    """Return an error for each limit that an operation of the document goes beyond."""
    measure = _Measuring(document).selection
    errors = []
    for operation in document.definitions:
        if isinstance(operation, OperationDefinitionNode):
            found = measure(operation.selection_set)._asdict()
            found["directives"] += len(operation.directives or ())
            most = limits if only_introspects(operation) else limits._replace(introspections=1)
            errors += [
                too_complex(name, getattr(most, name), asked)
                for name, asked in found.items()
                if asked > getattr(most, name)
            ]
    if not errors and overlaps_beyond(document, limits.overlaps):
        return [too_complex("overlaps", limits.overlaps)]
    return errors


class _Measuring:
    """Measures selections, each fragment once. A cycle ends where it begins: validation will refuse it."""

    def __init__(self, document: DocumentNode) -> None:
        self._fragments = {
            each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
        }
        self._known: dict[str, Measures] = {}

    def selection(self, selections: SelectionSetNode | None) -> Measures:
        total = Measures()
        for node in selections.selections if selections else ():
            total = total.beside(self._node(node)).beside(Measures(directives=len(node.directives or ())))
        return total

    def _node(self, node: Any) -> Measures:
        match node:
            case FieldNode():
                return self._field(node)
            case InlineFragmentNode():
                return self.selection(node.selection_set)
            case FragmentSpreadNode():
                return self._fragment(node.name.value)
        return Measures()

    def _field(self, field: FieldNode) -> Measures:
        inner = self.selection(field.selection_set)
        aliases = inner.aliases + (field.alias is not None)
        if field.name.value in {"__schema", "__type"}:
            introspections = 1 + inner.aliases
            return Measures(0, aliases, inner.directives, root_fields=1, introspections=introspections)
        return Measures(inner.depth + 1, aliases, inner.directives, 1, inner.fields + 1, inner.introspections)

    def _fragment(self, name: str) -> Measures:
        if name not in self._known:
            self._known[name] = Measures()
            fragment = self._fragments.get(name)
            self._known[name] = self.selection(fragment.selection_set) if fragment else Measures()
        return self._known[name]
