"""Run: what the levels of one run share: variables, context, arguments, the infos that resolvers see."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

from graphql import GraphQLResolveInfo
from graphql.execution import Executor
from graphql.execution.values import VariableValues
from graphql.pyutils import Path

from levelwise.fields import Arguments, Batch, arguments, is_constant
from levelwise.plan import Field
from levelwise.surprises import Failure


class Run:
    """What the levels of one run share."""

    def __init__(self, variables: VariableValues, context: Any, executor: Callable[[], Executor[Any]]) -> None:
        """`executor` makes the one of graphql-core's that would run the operation: few runs need it."""
        self.variables = variables
        self.context = context
        self.failed = False
        """Whether there is a Failure in the answer."""
        self._make_executor = executor
        self._infos: dict[Field, GraphQLResolveInfo] = {}

    @cached_property
    def executor(self) -> Executor[Any]:
        """What makes a resolver's info, and knows graphql-core's messages."""
        return self._make_executor()

    def fail(self, error: Exception) -> Failure:
        """Make what stands for an error until the answer is settled."""
        self.failed = True
        return Failure(error)

    def info(self, field: Field, path: Path | None = None) -> GraphQLResolveInfo:
        """Make the info of a field. Without path it is one for all parents, and its path names the field alone."""
        if path is not None:
            return self.executor.build_resolve_info(field.definition, field.nodes, field.parent, path)
        if field not in self._infos:
            self._infos[field] = self.info(field, Path(None, field.key, field.parent.name))
        return self._infos[field]

    def arguments(self, field: Field) -> Arguments:
        """Coerce a field's arguments: the same for all parents."""
        if field.constant_arguments is not None:
            return field.constant_arguments
        values = arguments(field.definition, field.nodes[0], self.variables)
        if isinstance(field.source, Batch) and field.definition.args:
            values = field.source.convert(values, self.info(field))
        if is_constant(field.nodes[0], values):
            field.constant_arguments = values
        return values
