"""Operation: compiled once, run often.

plan = compile_operation(schema, parse("query ($id: ID!) { lead(id: $id) { name } }"))
if isinstance(plan, Unsupported): ...  # graphql-core has to run it
result = await plan.run(context, {"id": "1"})
"""

from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Any

import strawberry
from graphql import DocumentNode, ExecutionResult, GraphQLError, GraphQLSchema, OperationType, Undefined
from graphql.execution import Executor
from graphql.execution.collect_fields import FragmentDetails
from graphql.execution.executor import default_field_resolver, default_type_resolver
from graphql.execution.values import VariableValues

from levelwise.complete import Settlement
from levelwise.generate import prepare
from levelwise.leaves import Untouched
from levelwise.levels import Stage, answer
from levelwise.plan import Planner, Selection
from levelwise.run import Run
from levelwise.support import Definitions, Unsupported, definitions, unsupported_schema
from levelwise.variables import Variables

MOST_COMBINATIONS = 16
"""How many combinations of variables of `@skip` and `@include` an operation's plans are kept for."""

_NOTHING: Untouched = {}


def compile_operation(
    schema: strawberry.Schema | GraphQLSchema,
    document: DocumentNode,
    operation_name: str | None = None,
    *,
    untouched: Untouched = _NOTHING,
) -> "Plan | Unsupported":
    """Compile an operation of a document that is valid for the schema.

    `untouched` are, by scalar, classes of values that need no serialization: `{"ID": [UUID]}` has UUIDs in the
    answer's data as they are. A subscription's plan runs for one event, which is its root value.
    """
    if isinstance(schema, GraphQLSchema):
        core, of = schema, None
    else:
        core, of = schema._schema, schema  # noqa: SLF001 (Strawberry's name for graphql-core's)
    found = (of and unsupported_schema(of)) or definitions(core, document, operation_name)
    return found if isinstance(found, Unsupported) else Plan(core, of, found, untouched)


class Plan:
    """A compiled operation."""

    def __init__(
        self,
        schema: GraphQLSchema,
        strawberry_schema: strawberry.Schema | None,
        found: Definitions,
        untouched: Untouched,
    ) -> None:
        self._schema = schema
        self._strawberry_schema = strawberry_schema
        self._found = found
        self._untouched = untouched
        self._executor = _executor(schema, strawberry_schema, found)
        self._variables = Variables(schema, found.operation.variable_definitions or ())
        self._parts = lru_cache(MOST_COMBINATIONS)(self._plan)

    def prepare(self) -> None:
        """Plan and generate now, unless that depends on variables: the first run is then as fast as all others."""
        if not self._found.conditions:
            with suppress(GraphQLError):  # a run will tell
                for part in self._parts():
                    prepare(part)

    async def run(
        self, context: Any, variables: Mapping[str, Any] | None = None, root_value: Any = None
    ) -> ExecutionResult:
        """Run the operation. Whatever goes wrong is among the result's errors."""
        given = variables or {}
        coerced = await self._variables.coerce(given)
        if isinstance(coerced, list):
            return ExecutionResult(None, coerced)
        try:
            parts = self._parts(*[coerced.get(name, Undefined) for name in self._found.conditions])
        except GraphQLError as error:
            return ExecutionResult(None, [error])
        run = Run(self._executor, self._variables, given, coerced, context, root_value)
        return await _run_parts(parts, root_value, run)

    def _plan(self, *conditions: Any) -> list[Selection]:
        """Plan for these variables of `@skip` and `@include`: what has to run one after the other."""
        given = zip(self._found.conditions, conditions, strict=True)
        coerced = {name: value for name, value in given if value is not Undefined}
        operation = self._found.operation
        planner = Planner(
            self._schema,
            operation,
            self._found.fragments,
            VariableValues(sources={}, coerced=coerced),
            strawberry_schema=self._strawberry_schema,
            untouched=self._untouched,
        )
        type_ = self._schema.get_root_type(operation.operation)
        assert type_ is not None  # noqa: S101 (without it, nothing was compiled)
        selection = planner.plan(type_)
        if operation.operation is not OperationType.MUTATION:
            return [selection]
        return [Selection(type_, [field]) for field in selection.fields]


def _executor(schema: GraphQLSchema, strawberry_schema: strawberry.Schema | None, found: Definitions) -> Executor[Any]:
    """Make the executor that would run the operation, with nothing yet to run it on."""
    class_ = strawberry_schema.execution_context_class if strawberry_schema else Executor
    return class_(
        schema,
        found.fragments,
        {name: FragmentDetails(fragment) for name, fragment in found.fragments.items()},
        None,
        None,
        found.operation,
        VariableValues({}, {}),
        default_field_resolver,
        default_type_resolver,
        default_field_resolver,
    )


async def _run_parts(parts: list[Selection], root: Any, run: Run) -> ExecutionResult:
    data: dict[str, Any] = {}
    errors: list[GraphQLError] = []
    for part in parts:
        answered: dict[str, Any] | None
        answered, stages = await answer(part, root, run)
        if run.failed:
            answered, found = _settled(part, answered, stages)
            errors += found
            if answered is None:
                return ExecutionResult(None, errors)
        data |= answered
    return ExecutionResult(data, errors or None)


def _settled(
    selection: Selection, answered: dict[str, Any], stages: list[Stage]
) -> tuple[dict[str, Any] | None, list[GraphQLError]]:
    selections = {id(made): stage.selection for stage in stages for made in stage.results}
    settlement = Settlement(lambda made: selections.get(id(made)))
    return settlement.settle(answered, selection), settlement.errors
