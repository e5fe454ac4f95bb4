"""Lets graphql-core's own tests of execution run on levelwise: a pytest plugin, used from its source distribution.

    pip download --no-binary graphql-core --no-deps graphql-core==3.3.2 && tar xf graphql_core-*.tar.gz
    cd graphql_core-*/ && PYTHONPATH=$PROJECT/graphql:$PROJECT/tests/levelwise \\
        python -m pytest -p core_adapter tests/execution

What a plan cannot be given (other field or type resolvers, middleware, hooks, abort signals, executor classes) and what
is Unsupported runs on graphql-core's executor, as it does in an application. A line at the end says how many did.
"""

from collections import Counter
from collections.abc import Generator
from typing import Any

import graphql
import graphql.execution
import graphql.graphql
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
    try:
        awaited = coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    return _Rest(coroutine, awaited)


def execute_sync(schema: GraphQLSchema, document: DocumentNode, *given: Any, **others: Any) -> ExecutionResult:
    """Execute what has nothing to await."""
    if others.pop("check_sync", None):
        return _core_sync(schema, document, *given, check_sync=True, **others)
    result = execute(schema, document, *given, **others)
    if not isinstance(result, ExecutionResult):
        return _core_sync(schema, document, *given, **others)
    return result


for _module in (graphql, graphql.execution, graphql.graphql):
    _module.execute, _module.execute_sync = execute, execute_sync  # type: ignore[attr-defined]  # this is the point


@pytest.hookimpl
def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Tell how much was compiled."""
    for name, count in _RUNS.most_common():
        terminalreporter.write_line(f"{count:6} {name}")
