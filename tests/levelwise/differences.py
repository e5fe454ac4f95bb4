"""Differences between levelwise and graphql-core that the specification does not allow.

What it allows: which of several errors that null the same place are told, and whether siblings of what failed are
executed. So an error may be missing, or there, if its place is null by another one; it has to be one that would be
told if errors did not propagate.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from graphql import DocumentNode, ExecutionResult, GraphQLError, execute, parse, validate
from graphql.language import DirectiveNode, NameNode, OperationDefinitionNode

from levelwise import Plan, compile_operation
from tests.levelwise.operations import Operation
from tests.levelwise.peculiar import schema
from tests.levelwise.world import World

Told = tuple[str, tuple[str | int, ...], tuple[tuple[int, int], ...], str]

_CORE = schema._schema  # noqa: SLF001 (Strawberry's name for graphql-core's)


class Comparison:
    """Runs one operation with both executors, as often as one likes."""

    def __init__(self, operation: Operation, *, validated: bool = False) -> None:
        self._document = parse(operation.text)
        problems = [] if validated else validate(_CORE, self._document)
        assert not problems, problems
        self._variables = operation.variables
        self.plan = compile_operation(schema, self._document)
        self.with_errors = 0

    async def differences(self, seed: int, calm: int) -> list[str]:
        """Run it in a world of this seed; answer what differs."""
        assert isinstance(self.plan, Plan)
        world = World(seed, calm)
        actual = await self.plan.run(world, self._variables)
        expected = await _core(self._document, self._variables, World(seed, calm))
        self.with_errors += actual.errors is not None
        found = [f"called twice: {path}" for path, count in world.calls.items() if count > 1]
        if actual.data != expected.data:
            found.append(f"data: {actual.data}\nexpected: {expected.data}")
        elif _told(actual.errors) != _told(expected.errors):
            document = _without_propagation(self._document)
            everything = await _core(document, self._variables, World(seed, calm))
            found += _differing(actual, expected, everything)
        return found


async def _core(document: DocumentNode, variables: Mapping[str, Any], world: World) -> ExecutionResult:
    result: Any = execute(
        _CORE,
        document,
        context_value=world,
        variable_values=dict(variables),
        executor_class=schema.execution_context_class,
    )
    if asyncio.iscoroutine(result):
        result = await result
    assert isinstance(result, ExecutionResult)
    return result


def _without_propagation(document: DocumentNode) -> DocumentNode:
    directive = DirectiveNode(name=NameNode(value="experimental_disableErrorPropagation"), arguments=())
    definitions = (
        replace(each, directives=(*(each.directives or ()), directive))
        if isinstance(each, OperationDefinitionNode)
        else each
        for each in document.definitions
    )
    return replace(document, definitions=tuple(definitions))


def _told(errors: list[GraphQLError] | None) -> Counter[Told]:
    return Counter(
        (
            error.message,
            tuple(error.path or ()),
            tuple((each.line, each.column) for each in error.locations or ()),
            repr(error.extensions),
        )
        for error in errors or ()
    )


def _differing(actual: ExecutionResult, expected: ExecutionResult, everything: ExecutionResult) -> list[str]:
    found = []
    unknown = _told(actual.errors) - _told(everything.errors)
    if unknown:
        found.append(f"errors that are none: {unknown}\nknown: {_told(everything.errors)}")
    ours, theirs = _by_place(actual), _by_place(expected)
    if ours.keys() != theirs.keys():
        found.append(f"places with errors: {sorted(ours, key=str)}\nexpected: {sorted(theirs, key=str)}")
    for place, told in ours.items():
        plain = all(path == place for _, path, _, _ in told)
        if plain and all(path == place for _, path, _, _ in theirs[place]) and told != theirs[place]:
            found.append(f"errors at {place}: {told}\nexpected: {theirs[place]}")
    return found


def _by_place(result: ExecutionResult) -> dict[tuple[str | int, ...], Counter[Told]]:
    """Errors by the place that is null because of them."""
    places: dict[tuple[str | int, ...], Counter[Told]] = {}
    for told, count in _told(result.errors).items():
        value: Any = result.data
        place: tuple[str | int, ...] = ()
        for key in told[1]:
            if value is None:
                break
            value, place = value[key], (*place, key)
        assert value is None, told
        places.setdefault(place, Counter())[told] = count
    return places
