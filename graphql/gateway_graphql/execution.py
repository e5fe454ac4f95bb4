"""Execution: an operation's answer, from its document to the response's parts."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from inspect import isawaitable
from typing import Any, NamedTuple, cast

import orjson
import strawberry
from graphql import (
    DocumentNode,
    ExecutionResult,
    OperationType,
    create_source_event_stream,
    execute,
    execute_subscription_event,
)
from graphql.pyutils import is_awaitable

from gateway_graphql.context import Context
from gateway_graphql.documents import Documents
from gateway_graphql.errors import ErrorCode, formatted, public
from gateway_graphql.subscribers import TooSlow


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
    event_id: str | None = None
    """Where an event stands, if it can be returned to."""

    @property
    def body(self) -> dict[str, Any]:
        """The response as its specification has it."""
        body: dict[str, Any] = {"errors": self.errors} if self.errors else {}
        return {**body, "data": self.data} if self.executed else body


def to_json(value: Any) -> bytes:
    """Write an answer: the one place where UUIDs, timestamps and JSON get their form."""
    return orjson.dumps(value, option=orjson.OPT_UTC_Z)


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
            return Answer(executed=False, errors=formatted(document.errors))
        kind = document.operation_type(operation.operation_name)
        if kind is not None and kind not in allowed:
            return request_error(ErrorCode.BAD_USER_INPUT, f"A {kind.value} cannot be run like this.")
        return await self._run(document.node, operation, context)

    async def stream(
        self,
        operation: Operation,
        context: Context,
        *,
        allowed: frozenset[OperationType] = frozenset(OperationType),
    ) -> AsyncGenerator[Answer]:
        """Run an operation of an allowed type: a subscription answers again and again, others once.

        Raises TooSlow where the answers are not taken as fast as they come.
        """
        document = self._documents(operation.query)
        kind = document.operation_type(operation.operation_name)
        if document.node is None or kind is not OperationType.SUBSCRIPTION:
            yield await self(operation, context, allowed=allowed)
            return
        executor = self._schema.execution_context_class.build(
            self._schema._schema,  # noqa: SLF001 (its name for graphql-core's)
            document.node,
            context_value=context,
            raw_variable_values=dict(operation.variables or {}),
            operation_name=operation.operation_name,
        )
        if isinstance(executor, list):
            yield _answer(ExecutionResult(None, errors=executor))
            return
        events = create_source_event_stream(executor)
        if isawaitable(events):
            events = await events
        if isinstance(events, ExecutionResult):
            yield _answer(events)._replace(executed=False)
            return
        async with aclosing(cast("AsyncGenerator[Any]", events)) as events:
            try:
                async for event in events:
                    context.loaders.clear()  # an event later the rows may have changed
                    result = execute_subscription_event(executor.build_per_event_executor(event))
                    answer = _answer(await result if isawaitable(result) else result)
                    yield answer._replace(event_id=getattr(event, "cursor", None))
            except TooSlow:
                raise
            except Exception as error:  # noqa: BLE001 (the boundary for what a source of events raises)
                code, message = public(error)
                yield request_error(code, message)

    async def _run(self, document: DocumentNode, operation: Operation, context: Context) -> Answer:
        result = execute(
            self._schema._schema,  # noqa: SLF001 (its name for graphql-core's)
            document,
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
        errors=formatted(errors) or None,
    )

