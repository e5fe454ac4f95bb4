"""Documents: parsed, measured and validated once for each text, and cached."""

from asyncio import Lock, get_running_loop
from collections import OrderedDict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple
from weakref import WeakValueDictionary

import strawberry
from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSyntaxError,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    parse,
    specified_rules,
    validate,
)
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from gateway_graphql.cost import Costs
from gateway_graphql.errors import ErrorCode
from gateway_graphql.limits import Limits, beyond, too_complex
from gateway_graphql.overlaps import without_repeats
from gateway_graphql.scalars import UNTOUCHED
from levelwise import Plan, Unsupported, compile_operation

KEPT_CHARACTERS = 500_000
LONG = 250
"""Characters: fewer take a few milliseconds at most."""
LONGEST_KEPT = 20_000
"""Characters: longer texts are parsed each time. A document takes some hundred times its text in memory."""


MOST_ERRORS = 20
"""Validation errors that are reported: each may quote much of the document."""
_RULES = (*specified_rules, MaybeNullValidationRule, OneOfInputValidationRule)


class Document:
    """A text that can be executed."""

    def __init__(self, schema: strawberry.Schema, node: DocumentNode) -> None:
        self.node = node
        operations = [each for each in node.definitions if isinstance(each, OperationDefinitionNode)]
        self._operations = {each.name.value if each.name else None: each for each in operations}
        if len(operations) == 1:
            self._operations[None] = operations[0]
        self._costs = Costs(schema._schema, node)  # noqa: SLF001 (its name for graphql-core's)
        self.has_aliases = any(map(_has_aliases, node.definitions))
        self._schema = schema
        self._plans: dict[str | None, Plan | Unsupported] = {}

    def operation(self, name: str | None) -> OperationDefinitionNode | None:
        """Return the operation that would run; None if the name does not settle which."""
        return self._operations.get(name or None)

    def plan(self, name: str | None) -> Plan | Unsupported:
        """Return the operation, compiled when it is first run."""
        plan = self._plans.get(name)
        if plan is None:
            plan = compile_operation(self._schema, self.node, name, untouched=UNTOUCHED)
            if name in self._operations:  # unknown names are unbounded
                self._plans[name] = plan
        return plan

    def prepare(self) -> None:
        """Compile all operations now."""
        for name in self._operations:
            plan = self.plan(name)
            if isinstance(plan, Plan):
                plan.prepare()

    def cost(self, operation: OperationDefinitionNode, variables: Mapping[str, Any]) -> int:
        """Return how many rows the operation's page sizes ask for."""
        return self._costs.of(operation, variables)


class RequestErrors(NamedTuple):
    """Why nothing of a request can be executed."""

    errors: list[GraphQLError]


class Documents:
    """The documents of a schema, by their text."""

    def __init__(
        self, schema: strawberry.Schema, limits: Limits, *, introspection: bool = True, compiles: bool = True
    ) -> None:
        """Without `introspection`, documents with it are refused. With `compiles` documents are compiled at once."""
        self._schema = schema
        self._limits = limits
        self._rules = (*_RULES, *([] if introspection else [NoSchemaIntrospectionCustomRule]))
        self._compiles = compiles
        self._reader = ThreadPoolExecutor(1, "documents")
        self._turns: WeakValueDictionary[str, Lock] = WeakValueDictionary()
        """By text, while it is read: after a start many requests need the same document, and one of them reads it."""
        self._kept: OrderedDict[str, Document] = OrderedDict()
        self._kept_characters = 0
        self.hits = self.misses = 0
        """Of the cache."""

    def __call__(self, text: str) -> Document | RequestErrors:
        """Read a text now, unless that was done before."""
        document: Document | RequestErrors | None = self.known(text)
        if document is None:
            self.misses += 1
            document = self._keep(text, self._read(text))
        return document

    def known(self, text: str) -> Document | None:
        """Return the document of a text that was read before."""
        document = self._kept.get(text)
        if document is not None:
            self.hits += 1
            self._kept.move_to_end(text)
        return document

    async def read(self, text: str, operation_name: str | None) -> Document | RequestErrors:
        """Read a text. Long texts are read in a thread, one at a time, so that other requests go on."""
        if len(text) < LONG:
            return self(text)
        async with self._turns.setdefault(text, Lock()):
            if document := self.known(text):
                return document
            self.misses += 1
            read = await get_running_loop().run_in_executor(self._reader, self._compiled, text, operation_name)
            return self._keep(text, read)

    def _compiled(self, text: str, operation_name: str | None) -> Document | RequestErrors:
        document = self._read(text)
        if isinstance(document, Document) and self._compiles:
            plan = document.plan(operation_name)
            if isinstance(plan, Plan):
                plan.prepare()
        return document

    def _keep(self, text: str, document: Document | RequestErrors) -> Document | RequestErrors:
        """Keep a document. The least recently used ones are dropped."""
        if text in self._kept:
            return self._kept[text]  # another request has read it meanwhile
        if isinstance(document, Document) and len(text) <= LONGEST_KEPT:
            self._kept[text] = document
            self._kept_characters += len(text)
            while self._kept_characters > KEPT_CHARACTERS:
                self._kept_characters -= len(self._kept.popitem(last=False)[0])
        return document

    def _read(self, text: str) -> Document | RequestErrors:
        most = self._limits.tokens
        too_long = self._too_long(text)
        if too_long:
            return RequestErrors([too_long])
        try:
            node = without_repeats(parse(text, max_tokens=most, allow_empty_selection_sets=False))
            errors = beyond(node, self._limits) or [
                _coded(error, ErrorCode.GRAPHQL_VALIDATION_FAILED)
                for error in validate(
                    self._schema._schema,  # noqa: SLF001 (its name for graphql-core's)
                    node,
                    self._rules,
                    MOST_ERRORS,
                )
            ]
        except GraphQLSyntaxError as error:
            if f"more than {most} tokens" in error.message:
                return RequestErrors([too_complex("tokens", most)])
            if "nested too deeply" in error.message:
                return RequestErrors([too_complex("depth", self._limits.depth)])
            return RequestErrors([_coded(error, ErrorCode.GRAPHQL_PARSE_FAILED)])
        except RecursionError:
            return RequestErrors([too_complex("depth", self._limits.depth)])
        return RequestErrors(errors) if errors else Document(self._schema, node)

    def _too_long(self, text: str) -> GraphQLError | None:
        if len(text) > self._limits.characters:
            return too_complex("characters", self._limits.characters, len(text))
        lines = text.count("\n") + text.count("\r")
        if lines > self._limits.lines:  # to locate an error, graphql-core reads all lines
            return too_complex("lines", self._limits.lines, lines)
        return None


def _has_aliases(node: Any) -> bool:
    inner = getattr(node, "selection_set", None)
    return getattr(node, "alias", None) is not None or bool(inner and any(map(_has_aliases, inner.selections)))


def _coded(error: GraphQLError, code: ErrorCode) -> GraphQLError:
    error.extensions = {"code": code}
    return error
