"""Execution: runs an operation within limits and budget, to one answer or to a subscription's answers."""

import sys
from asyncio import to_thread
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from functools import partial
from inspect import isawaitable
from time import perf_counter
from typing import Any, NamedTuple, cast

import strawberry
from graphql import ExecutionResult, OperationType, create_source_event_stream, execute_subscription_event
from graphql.pyutils import is_awaitable

from gateway.budget import Budget, Throttled
from gateway.metrics import count_operation
from gateway.patience import Patience
from gateway_graphql.answers import Answer, executed, failed, request_errors, without_suggestions
from gateway_graphql.context import Context
from gateway_graphql.documents import Document, Documents, RequestErrors
from gateway_graphql.errors import OperationNotAllowed
from gateway_graphql.limits import Limits, only_introspects, too_complex
from gateway_graphql.live.subscribers import Event, TooSlow
from gateway_graphql.operation import Operation
from gateway_graphql.persisted import Mode, PersistedOperations
from gateway_graphql.quotas import Quota, QuotaExceeded
from gateway_graphql.sharing import question
from gateway_graphql.weight import bounded
from levelwise import Plan

ANY = tuple(OperationType)
_DEFAULTS = Limits()
_UNLIMITED = Quota("subscriptions", sys.maxsize)
_LONGEST_NAME = 100
"""Characters of an operation's name that are logged: clients choose it."""


Around = Callable[[Awaitable[Answer], Operation, Context], Awaitable[Answer]]


class _Prepared(NamedTuple):
    document: Document
    type: OperationType | None
    cost: int


class Executor:
    """Runs operations against a schema, within limits."""

    def __init__(
        self,
        schema: strawberry.Schema,
        persisted: PersistedOperations | None = None,
        limits: Limits = _DEFAULTS,
        budget: Budget | None = None,
        subscriptions: Quota = _UNLIMITED,
        *,
        compiles: bool = True,
        introspection: bool = True,
    ) -> None:
        """Without `compiles`, graphql-core runs everything. Without `introspection`, it is refused."""
        self._schema = schema
        self._persisted = persisted or PersistedOperations({}, Mode.OFF)
        self.documents = Documents(schema, limits, introspection=introspection, compiles=compiles)
        self._shown: Callable[[Answer], Answer] = (lambda answer: answer) if introspection else without_suggestions
        self._limits = limits
        self._patience = Patience(limits.seconds)
        self._compiles = compiles
        self._budget = budget or Budget(None)
        self._subscriptions = subscriptions
        self.around: Around | None = None
        """Runs around each operation except subscriptions, for traces."""
        self._prepare_trusted()

    def _prepare_trusted(self) -> None:
        """Read and compile trusted documents at startup: as many as the cache holds."""
        for text in self._persisted.trusted_texts:
            document = self.documents(text)
            if self._compiles and isinstance(document, Document):
                document.prepare()

    async def __call__(
        self, operation: Operation, context: Context, *, allowed: Sequence[OperationType] = ANY
    ) -> Answer:
        """Run an operation. Whatever goes wrong is among the answer's errors.

        Raises only OperationNotAllowed, where the operation is not of an allowed type.
        """
        started = perf_counter()
        try:
            prepared = await self._prepared(operation, context, allowed)
        except OperationNotAllowed:
            raise
        except Exception as error:  # noqa: BLE001 (the boundary: what is not public is masked and logged)
            return _counted(failed(error), context, started)
        return await self._answer(prepared, operation, context, started)

    async def _answer(
        self, prepared: _Prepared | RequestErrors, operation: Operation, context: Context, started: float
    ) -> Answer:
        answering = self._charged(prepared, operation, context)
        answer = await (answering if self.around is None else self.around(answering, operation, context))
        return _counted(self._shown(answer) if answer.errors else answer, context, started)

    async def _charged(self, prepared: _Prepared | RequestErrors, operation: Operation, context: Context) -> Answer:
        if isinstance(prepared, RequestErrors):
            return request_errors(prepared.errors)
        organization_id = context.viewer.organization_id
        try:
            taken = self._budget.take(organization_id, prepared.cost)
        except Throttled as error:
            return failed(error)
        try:
            answer = await self._patience.within(self._run(prepared.document, operation, context))
        except TimeoutError as error:
            answer = failed(error)
        actual = context.tenant.rows
        self._budget.refund(organization_id, taken - max(actual, 1))
        if not answer.executed:
            return answer
        cost = {"requested": prepared.cost, "actual": actual, "statements": context.tenant.statements}
        return Answer(True, answer.data, answer.errors, {"cost": cost})

    async def stream(
        self, operation: Operation, context: Context, *, allowed: Sequence[OperationType] = ANY
    ) -> AsyncGenerator[Answer]:
        """Run an operation of an allowed type: a subscription answers again and again, others once.

        Raises TooSlow where the answers are not taken as fast as they come.
        """
        started = perf_counter()
        try:
            prepared = await self._prepared(operation, context, allowed)
        except Exception as error:  # noqa: BLE001 (likewise)
            yield _counted(failed(error), context, started)
            return
        if isinstance(prepared, RequestErrors) or prepared.type is not OperationType.SUBSCRIPTION:
            yield await self._answer(prepared, operation, context, started)
            return
        organization_id = context.viewer.organization_id
        try:
            with self._subscriptions.take(organization_id) as taking:  # first: what is over the quota pays nothing
                self._budget.take(organization_id, prepared.cost)
                taken = taking.pop_all()
        except (Throttled, QuotaExceeded) as error:
            yield failed(error)
            return
        with taken:
            async with aclosing(self._events(prepared.document, operation, context)) as answers:
                async for answer in answers:
                    yield self._shown(answer)

    async def _prepared(
        self, operation: Operation, context: Context, allowed: Sequence[OperationType]
    ) -> _Prepared | RequestErrors:
        text = self._persisted.text(operation.query, operation.document_id, operation.extensions)
        known, name = self.documents.known(text), operation.operation_name
        document = await self._patience.within(self.documents.read(text, name)) if known is None else known
        if isinstance(document, RequestErrors):
            return document
        chosen = document.operation(name)
        if chosen is None:
            return _Prepared(document, None, 0)  # graphql-core says what is wrong with the name
        context.type = chosen.operation.value
        context.operation = chosen.name.value[:_LONGEST_NAME] if chosen.name else None
        if chosen.operation not in allowed:
            raise OperationNotAllowed(chosen.operation)
        context.cost = cost = document.cost(chosen, operation.variables or {})
        if cost > self._limits.cost:
            return RequestErrors([too_complex("cost", self._limits.cost, cost)])
        return _Prepared(document, chosen.operation, cost)

    async def _run(self, document: Document, operation: Operation, context: Context) -> Answer:
        plan = self._plan(document, operation)
        if plan is not None:
            return bounded(executed(await plan.run(context, operation.variables)), document, context.tenant)
        executor = await self._executor(document, operation, context)
        if isinstance(executor, list):
            return request_errors(executor)
        if only_introspects(executor.operation):
            return executed(await to_thread(executor.execute_operation))
        result = executor.execute_operation()
        return bounded(executed(await result if isawaitable(result) else result), document, context.tenant)

    async def _executor(self, document: Document, operation: Operation, context: Context) -> Any:
        """Make graphql-core's executor; or answer what is wrong with the variables, which may be much."""
        return await to_thread(
            self._schema.execution_context_class.build,
            self._schema._schema,  # noqa: SLF001 (its name for graphql-core's)
            document.node,
            context_value=context,
            raw_variable_values=dict(operation.variables or {}),
            operation_name=operation.operation_name,
            is_awaitable=is_awaitable,
        )

    def _plan(self, document: Document, operation: Operation) -> Plan | None:
        plan = document.plan(operation.operation_name) if self._compiles else None
        return plan if isinstance(plan, Plan) else None

    async def _events(self, document: Document, operation: Operation, context: Context) -> AsyncGenerator[Answer]:
        executor = await self._executor(document, operation, context)
        if isinstance(executor, list):
            yield request_errors(executor)
            return
        context.tenant.go_on()
        source = create_source_event_stream(executor)
        source = await source if isawaitable(source) else source
        if isinstance(source, ExecutionResult):
            yield request_errors(source.errors or [])
            return
        plan = self._plan(document, operation)

        async def answered(row: Any) -> Answer:
            rows = context.tenant.rows
            if plan is None:
                context.loaders.clear()  # an event later the rows may have changed
                result = execute_subscription_event(executor.build_per_event_executor(row))
                answer = executed(await result if isawaitable(result) else result)
            else:
                answer = executed(await plan.run(context, operation.variables, row))
            # Events are sent even without budget: the next query is short of what they cost.
            self._budget.spend(context.viewer.organization_id, 1 + context.tenant.rows - rows)
            answer = bounded(answer, document, context.tenant)
            return answer._replace(event_id=getattr(row, "cursor", None), written=answer.json)

        asked = question(document, operation.operation_name, operation.variables or {}, context.viewer.scopes)
        async with aclosing(cast("AsyncGenerator[Event[Any]]", source)) as events:
            try:
                async for event in events:
                    yield await event.once(asked, partial(answered, event.row))
            except TooSlow:
                raise
            except Exception as error:  # noqa: BLE001 (the boundary for what a source of events raises)
                yield failed(error)


def _counted(answer: Answer, context: Context, started: float) -> Answer:
    outcome = "ok" if not answer.errors else "errors" if answer.executed else "refused"
    count_operation(context.type, outcome, perf_counter() - started, context.tenant.statements)
    return answer
