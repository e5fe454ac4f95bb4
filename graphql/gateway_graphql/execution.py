"""Execution: an operation's answer, from its document to the response's parts."""

from collections.abc import Mapping
from inspect import isawaitable
from typing import Any, NamedTuple

import strawberry
from graphql import ExecutionResult, OperationType, execute
from graphql.pyutils import is_awaitable

from gateway_graphql.context import Context
from gateway_graphql.documents import Documents
from gateway_graphql.errors import ErrorCode, formatted


class Operation(NamedTuple):
    """What a client asks to be run."""

    query: str
    operation_name: str | None = None
    variables: Mapping[str, Any] | None = None


class Answer(NamedTuple):
    """A response. A request error (`executed` is false) has no data, not even null."""

    executed: bool
    data: dict[str, Any] | None = None
    errors: list[dict[str, Any]] | None = None

    @property
    def body(self) -> dict[str, Any]:
        """The response as its specification has it."""
        body: dict[str, Any] = {"errors": self.errors} if self.errors else {}
        return {**body, "data": self.data} if self.executed else body


def request_error(code: ErrorCode, message: str) -> Answer:
    """Answer a request that nothing of was executed."""
    return Answer(executed=False, errors=[{"message": message, "extensions": {"code": code}}])


class Executor:
    """Runs operations against a schema."""

    def __init__(self, schema: strawberry.Schema) -> None:
        self._schema = schema
        self._documents = Documents(schema)

    async def __call__(
        self, operation: Operation, context: Context, *, allowed: frozenset[OperationType]
    ) -> Answer:
        """Run an operation of an allowed type. Whatever goes wrong is among the answer's errors."""
        document = self._documents(operation.query)
        if document.node is None:
            return Answer(executed=False, errors=[formatted(error) for error in document.errors])
        kind = document.operation_type(operation.operation_name)
        if kind is not None and kind not in allowed:
            return request_error(ErrorCode.BAD_USER_INPUT, f"A {kind.value} cannot be run like this.")
        result = execute(
            self._schema._schema,  # noqa: SLF001 (its name for graphql-core's)
            document.node,
            context_value=context,
            variable_values=dict(operation.variables or {}),
            operation_name=operation.operation_name,
            executor_class=self._schema.execution_context_class,
            is_awaitable=is_awaitable,
        )
        return _answer(await result if isawaitable(result) else result)


def _answer(result: ExecutionResult) -> Answer:
    errors = result.errors or []
    return Answer(
        # Errors of fields have a path; without data and path, nothing was executed.
        executed=result.data is not None or any(error.path for error in errors),
        data=result.data,
        errors=[formatted(error) for error in errors] or None,
    )

