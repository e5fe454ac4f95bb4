"""Run: what the levels of one run share: variables, context, arguments, the infos that resolvers see."""

from typing import Any

from graphql import GraphQLResolveInfo
from graphql.execution import Executor
from graphql.execution.values import VariableValues
from graphql.pyutils import Path

from levelwise.fields import Arguments, Batch, Resolver, are_immutable, arguments, has_variables
from levelwise.plan import Field
from levelwise.surprises import Failure


class Run:
    """What the levels of one run share."""

    def __init__(self, executor: Executor[Any], variables: VariableValues, context: Any, root_value: Any) -> None:
        """`executor` is one of graphql-core's that was made for the operation."""
        self.variables = variables
        self.context = context
        self.failed = False
        """Whether there is a Failure in the answer."""
        self._root_value = root_value
        self._template = executor
        self._executor: Executor[Any] | None = None
        self._infos: dict[Field, GraphQLResolveInfo[Any]] = {}

    @property
    def executor(self) -> Executor[Any]:
        """What makes a resolver's info, and knows graphql-core's messages."""
        if self._executor is None:
            # As graphql-core does for each event of a subscription: making one anew costs more.
            self._executor = executor = object.__new__(type(self._template))
            executor.__dict__.update(self._template.__dict__)
            executor.root_value, executor.context_value = self._root_value, self.context
            executor.variable_values = self.variables
        return self._executor

    def fail(self, error: Exception) -> Failure:
        """Make what stands for an error until the answer is settled."""
        self.failed = True
        return Failure(error)

    def info(self, field: Field, path: Path | None = None) -> GraphQLResolveInfo[Any]:
        """Make the info of a field. Without path it is one for all parents, and its path names the field alone."""
        if path is not None:
            return self.executor.build_resolve_info(field.definition, field.nodes, field.parent, path)
        if field not in self._infos:
            self._infos[field] = self.info(field, Path(None, field.key, field.parent.name))
        return self._infos[field]

    def arguments(self, field: Field) -> Arguments:
        """Coerce a field's arguments, as its function takes them."""
        if field.constant_arguments is not None:
            return field.constant_arguments
        values = arguments(field.definition, field.nodes[0], self.variables)
        if isinstance(field.source, Resolver | Batch) and field.source.convert and field.definition.args:
            values = field.source.convert(values, self.info(field))
        if are_immutable(values) and not has_variables(field.nodes[0]):
            field.constant_arguments = values
        return values
