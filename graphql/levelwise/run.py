"""Run: what the levels of one run share: variables, context, arguments, the resolvers' infos."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

from graphql import GraphQLResolveInfo
from graphql.execution import Executor
from graphql.execution.values import VariableValues, get_argument_values
from graphql.pyutils import Path

from levelwise.arguments import Coerced
from levelwise.convert import Arguments
from levelwise.fields import Batch, Resolver
from levelwise.infos import LateInfo
from levelwise.lookahead import Lookahead
from levelwise.plan import Field
from levelwise.surprises import Failure, Surprise
from levelwise.variables import Given, Variables


class Run:
    """What the levels of one run share."""

    def __init__(
        self,
        executor: Executor[Any],
        variables: Variables,
        given: Given,
        coerced: Coerced,
        context: Any,
        root_value: Any,
    ) -> None:
        """`executor` is one of graphql-core's that was made for the operation; `coerced` are the variables given."""
        self.coerced = coerced
        self.context = context
        self.failed = False
        """Whether there is a Failure in the answer."""
        self._variables = variables
        self._given = given
        self._root_value = root_value
        self._template = executor
        self._executor: Executor[Any] | None = None
        self._infos: dict[Field, GraphQLResolveInfo[Any]] = {}

    @cached_property
    def variables(self) -> VariableValues:
        """The variables as graphql-core has them."""
        exact = self._variables.exactly(self._given)
        assert isinstance(exact, VariableValues)  # noqa: S101 (they were coerced before)
        return exact

    @property
    def executor(self) -> Executor[Any]:
        """graphql-core's executor: makes resolvers' infos, and has graphql-core's messages."""
        if self._executor is None:
            # As graphql-core does for each event of a subscription: making one anew costs more.
            self._executor = executor = object.__new__(type(self._template))
            executor.__dict__.update(self._template.__dict__)
            executor.root_value, executor.context_value = self._root_value, self.context
            executor.variable_values = self.variables
        return self._executor

    def fail(self, error: Exception) -> Failure:
        """Make the placeholder of an error, until the answer is settled."""
        self.failed = True
        return Failure(error)

    def info(self, field: Field, path: Path | None = None) -> GraphQLResolveInfo[Any]:
        """Make the info of a field. Without path it is one for all parents, and its path names the field alone."""
        if path is not None:
            return self.executor.build_resolve_info(field.definition, field.nodes, field.parent, path)
        if field not in self._infos:
            self._infos[field] = self.info(field, Path(None, field.key, field.parent.name))
        return self._infos[field]

    def late_info(self, field: Field, path: Callable[[], Path]) -> LateInfo:
        """Make an info that is made when something of it is asked for."""
        return LateInfo(self.context, lambda: self.info(field, path()), lambda: Lookahead(field, self.arguments))

    def arguments(self, field: Field) -> Arguments:
        """Coerce a field's arguments, as its function takes them. Raises GraphQLError."""
        read = field.read_arguments
        if read is not None:
            try:
                return read(self.coerced)
            except Surprise:
                pass
        values = get_argument_values(field.definition, field.nodes[0], self.variables)
        if isinstance(field.source, Resolver | Batch) and field.source.convert and field.definition.args:
            values = field.source.convert(values, self.info(field))
        return values
