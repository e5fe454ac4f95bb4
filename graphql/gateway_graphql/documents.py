"""Documents: parsed and validated once for each text, and kept."""

from functools import lru_cache
from typing import NamedTuple

import strawberry
from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    parse,
    specified_rules,
)
from strawberry.schema.schema import validate_document

from gateway_graphql.errors import ErrorCode

KEPT_DOCUMENTS = 1000
LONGEST_KEPT = 20_000
"""Characters: longer texts are parsed each time, so that what is kept has a bound."""


class Document(NamedTuple):
    """A text's syntax tree, or the errors that keep it from being executed."""

    node: DocumentNode | None
    errors: list[GraphQLError]

    def operation_type(self, name: str | None) -> OperationType | None:
        """Return the type of the operation that would run; None if the name does not settle which."""
        operations = [
            definition
            for definition in (self.node.definitions if self.node else ())
            if isinstance(definition, OperationDefinitionNode)
            and (not name or (definition.name and definition.name.value == name))
        ]
        return operations[0].operation if len(operations) == 1 else None


class Documents:
    """The documents of a schema, by their text."""

    def __init__(self, schema: strawberry.Schema) -> None:
        self._schema = schema
        self._kept = lru_cache(KEPT_DOCUMENTS)(self._read)

    def __call__(self, text: str) -> Document:
        """Parse and validate a text, unless that was done before."""
        return self._kept(text) if len(text) <= LONGEST_KEPT else self._read(text)

    def _read(self, text: str) -> Document:
        try:
            node = parse(text, allow_empty_selection_sets=False)
        except GraphQLSyntaxError as error:
            return Document(None, [_coded(error, ErrorCode.GRAPHQL_PARSE_FAILED)])
        errors = validate_document(self._schema._schema, node, tuple(specified_rules))  # noqa: SLF001 (its name for graphql-core's)
        return Document(
            None if errors else node,
            [_coded(error, ErrorCode.GRAPHQL_VALIDATION_FAILED) for error in errors],
        )


def _coded(error: GraphQLError, code: ErrorCode) -> GraphQLError:
    error.extensions = {"code": code}
    return error
