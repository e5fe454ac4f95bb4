"""Sharing: subscribers who select the same get one answer per event, made once."""

import json
from collections.abc import Hashable, Iterator, Mapping
from typing import Any

from graphql import DocumentNode, FieldNode, Node, OperationDefinitionNode, VariableNode, Visitor, visit

from gateway_graphql.documents import Document


def question(
    document: Document, operation_name: str | None, variables: Mapping[str, Any], scopes: frozenset[str]
) -> Hashable:
    """Return all that decides how an organization's events are answered."""
    search = _VariableSearch()
    for part in _answering(document.node):
        visit(part, search)
    shaping = {name: value for name, value in variables.items() if name in search.names}
    return document, operation_name, scopes, json.dumps(shaping, sort_keys=True)


def _answering(document: DocumentNode) -> Iterator[Node]:
    """All parts of a document but the arguments of root fields: those choose events, and do not shape them."""
    for definition in document.definitions:
        if not isinstance(definition, OperationDefinitionNode):
            yield definition
            continue
        for root in definition.selection_set.selections:
            if isinstance(root, FieldNode) and root.selection_set:
                yield from root.directives or ()
                yield root.selection_set
            else:
                yield root


class _VariableSearch(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_variable(self, node: VariableNode, *_: object) -> None:
        self.names.add(node.name.value)
