"""Lets graphql-core's own tests of execution run on levelwise: a pytest plugin, used from its source distribution.

    pip download --no-binary graphql-core --no-deps graphql-core==3.3.2 && tar xf graphql_core-*.tar.gz
    cd graphql_core-*/ && PYTHONPATH=$PROJECT/graphql:$PROJECT/tests/levelwise \\
        python -m pytest -p core_adapter tests/execution

What a plan cannot be given (other field or type resolvers, middleware, hooks, abort signals, executor classes) and what
is Unsupported runs on graphql-core's executor, as it does in an application. Lines at the end say how much did.

Of 3.3.2's 738 tests 720 pass. The others ask for what the specification leaves open, or is not a plan's matter:

- an error that nulls a place ends what its level still waits for (test_cancellation: 1, test_parallel: 3) or is told
  before that (test_executor: 2): a plan lets a level finish
- which of several errors that null the same place is told, and in which order (test_nonnull: 5, test_lists: 1)
- a list that failed is read on, so that nothing awaitable is left in it (test_lists: 3)
- `execute` refuses schemas that declare `@defer` or `@stream` (test_executor: 2, test_sync: 1)
"""

import asyncio
import sys
from collections import Counter
from collections.abc import Callable, Generator
from typing import Any

import graphql
import graphql.execution
import pytest
from graphql import DocumentNode, ExecutionResult, GraphQLSchema
from graphql.type import assert_valid_schema

from levelwise import Plan, compile_operation

_core, _core_sync = graphql.execution.execute, graphql.execution.execute_sync
_RUNS: Counter[str] = Counter()


class _Rest:
    """What is left of a coroutine that was begun."""

    def __init__(self, coroutine: Any, awaited: Any) -> None:
        self._coroutine = coroutine
        self._awaited = awaited

    def close(self) -> None:
        self._coroutine.close()

    def __await__(self) -> Generator[Any, Any, Any]:
        awaited = self._awaited
        while True:
            try:
                sent = yield awaited
            except BaseException as error:  # noqa: BLE001 (it is the coroutine's to see)
                step, argument = self._coroutine.throw, error
            else:
                step, argument = self._coroutine.send, sent
            try:
                awaited = step(argument)
            except StopIteration as stop:
                return stop.value


def _plan(schema: GraphQLSchema, document: DocumentNode, operation_name: str | None, others: Any) -> Plan | None:
    if any(value is not None for value in others.values()):
        _RUNS["with what a plan cannot be given"] += 1
        return None
    assert_valid_schema(schema)
    plan = compile_operation(schema, document, operation_name)
    if isinstance(plan, Plan):
        _RUNS["compiled"] += 1
        return plan
    _RUNS[f"unsupported: {plan.reason}"] += 1
    return None


def execute(
    schema: GraphQLSchema,
    document: DocumentNode,
    root_value: Any = None,
    context_value: Any = None,
    variable_values: dict[str, Any] | None = None,
    operation_name: str | None = None,
    **others: Any,
) -> Any:
    """Execute as graphql-core does: at once, unless something has to be awaited."""
    plan = _plan(schema, document, operation_name, others)
    if plan is None:
        return _core(schema, document, root_value, context_value, variable_values, operation_name, **others)
    coroutine = plan.run(context_value, variable_values, root_value)
    _SEEN.clear()
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        loop = asyncio.new_event_loop()  # not `asyncio.run`, which leaves none to the tests
        result = loop.run_until_complete(coroutine)
        loop.close()
        return _at_hand(result) if _SEEN else result
    try:
        awaited = coroutine.send(None)
    except StopIteration as stop:
        return _at_hand(stop.value) if _SEEN else stop.value
    return _Rest(coroutine, awaited)


async def _at_hand(result: ExecutionResult) -> ExecutionResult:
    return result


def execute_sync(schema: GraphQLSchema, document: DocumentNode, *given: Any, **others: Any) -> ExecutionResult:
    """Execute what has nothing to await."""
    if others.get("check_sync"):
        return _core_sync(schema, document, *given, **others)
    others.pop("check_sync", None)
    result = execute(schema, document, *given, **others)
    if not isinstance(result, ExecutionResult):
        result.close()
        return _core_sync(schema, document, *given, **others)
    return result


_SEEN: list[object] = []
"""What was awaitable. With it graphql-core's executor answers an awaitable, whether there was to wait or not."""


def _noting(test: Callable[[object], bool]) -> Callable[[object], bool]:
    def noting(value: object) -> bool:
        found = test(value)
        if found:
            _SEEN.append(value)
        return found

    return noting


for _name, _attribute in (
    ("levelwise.calls", "is_awaitable"),
    ("levelwise.complete", "is_awaitable"),
    ("levelwise.complete", "is_async_iterable"),
):
    setattr(sys.modules[_name], _attribute, _noting(getattr(sys.modules[_name], _attribute)))

for _name in ("graphql", "graphql.execution", "graphql.graphql"):
    vars(sys.modules[_name]).update(execute=execute, execute_sync=execute_sync)


@pytest.hookimpl
def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Tell how much was compiled."""
    for name, count in _RUNS.most_common():
        terminalreporter.write_line(f"{count:6} {name}")
