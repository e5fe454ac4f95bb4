"""Overlaps: fields with one response name in one place, which validation compares in pairs."""

from collections.abc import Iterator
from dataclasses import replace
from operator import is_
from typing import Any, NamedTuple, TypeGuard

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    SelectionNode,
    SelectionSetNode,
)


def without_repeats(document: DocumentNode) -> DocumentNode:
    """Leave one of the plain fields that a selection repeats: execution merges them, and comparing them is but work."""
    return replace(document, definitions=tuple(map(_without_repeats, document.definitions)))


def _without_repeats(node: Any) -> Any:
    inner: SelectionSetNode | None = getattr(node, "selection_set", None)
    if inner is None:
        return node
    kept: dict[str | int, SelectionNode] = {}
    for each in inner.selections:
        kept.setdefault(each.name.value if _is_plain(each) else id(each), each)
    selections = tuple(map(_without_repeats, kept.values()))
    if len(selections) == len(inner.selections) and all(map(is_, selections, inner.selections)):
        return node
    return replace(node, selection_set=replace(inner, selections=selections))


def _is_plain(node: SelectionNode) -> TypeGuard[FieldNode]:
    return isinstance(node, FieldNode) and not (node.alias or node.arguments or node.directives or node.selection_set)


class _Selected(NamedTuple):
    """A selection, and the fragments that led to it: one that leads to itself ends where it begins."""

    selections: SelectionSetNode
    within: frozenset[str] = frozenset()


class _TooMany(Exception):
    pass


def overlaps_beyond(document: DocumentNode, most: int) -> bool:
    """Say whether fields and the pairs of them that are to be merged are more than so many. Counts no further."""
    counting = _Counting(document, most)
    try:
        for definition in document.definitions:
            counting.add([_Selected(definition.selection_set)] if hasattr(definition, "selection_set") else [])
    except _TooMany:
        return True
    return False


class _Counting:
    def __init__(self, document: DocumentNode, most: int) -> None:
        fragments = (each for each in document.definitions if isinstance(each, FragmentDefinitionNode))
        self._fragments = {each.name.value: each.selection_set for each in fragments}
        self._left = most

    def add(self, merged: list[_Selected]) -> None:
        """Count what stands in one place, and what is below it. Raises _TooMany."""
        counts: dict[str, int] = {}
        below: dict[str, list[_Selected]] = {}
        seen: set[str] = set()
        for selected in merged:
            for field, within in self._fields(selected, seen):
                name = (field.alias or field.name).value
                counts[name] = counts.get(name, 0) + 1
                self._left -= counts[name]  # itself, and a pair with each of those before it
                if self._left < 0:
                    raise _TooMany
                if field.selection_set:
                    below.setdefault(name, []).append(_Selected(field.selection_set, within))
        for each in below.values():
            self.add(each)

    def _fields(self, selected: _Selected, seen: set[str]) -> Iterator[tuple[FieldNode, frozenset[str]]]:
        """All fields of a place, those of a fragment once."""
        node: Any
        for node in selected.selections.selections:
            if isinstance(node, FieldNode):
                yield node, selected.within
            elif not isinstance(node, FragmentSpreadNode):
                yield from self._fields(_Selected(node.selection_set, selected.within), seen)
            elif (name := node.name.value) in self._fragments and name not in seen | selected.within:
                seen.add(name)
                yield from self._fields(_Selected(self._fragments[name], selected.within | {name}), seen)
