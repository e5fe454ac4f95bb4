"""Variables: coerces an operation's variables, by functions that are made once for their types.

>>> variables = Variables(schema, operation.variable_definitions)
>>> await variables.coerce({"id": "1"})
{'id': '1'}

Errors are left to graphql-core, which describes them exactly: in a thread, because there may be many.
"""

from asyncio import to_thread
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from graphql import GraphQLError, GraphQLNonNull, GraphQLSchema, Undefined, VariableDefinitionNode
from graphql.execution.get_variable_signature import get_variable_signature
from graphql.execution.values import VariableValues, get_variable_values
from graphql.utilities import coerce_input_literal

from levelwise.coerce import Coerce, coercer
from levelwise.surprises import Surprise, is_immutable

MOST_ERRORS = 50
"""How many wrong values are reported: as many as by graphql-core."""

Given = Mapping[str, Any]


class Variables:
    """The variables that an operation defines."""

    def __init__(self, schema: GraphQLSchema, definitions: Sequence[VariableDefinitionNode]) -> None:
        self._schema = schema
        self._definitions = definitions
        self._coercers: list[tuple[str, Coerce, Any]] | None = None
        with suppress(Surprise):
            self._coercers = [self._made(each) for each in definitions]

    async def coerce(self, given: Given) -> dict[str, Any] | list[GraphQLError]:
        """Answer the values by name, without those that are not given; or what is wrong with them."""
        try:
            return self._coerced(given)
        except Surprise:
            exact = await to_thread(self.exactly, given)
            return exact if isinstance(exact, list) else exact.coerced

    def exactly(self, given: Given) -> VariableValues | list[GraphQLError]:
        """Coerce as graphql-core does."""
        return get_variable_values(self._schema, self._definitions, dict(given), max_errors=MOST_ERRORS)

    def _coerced(self, given: Given) -> dict[str, Any]:
        if self._coercers is None:
            raise Surprise
        coerced = {}
        for name, coerce, otherwise in self._coercers:
            if name in given:
                coerced[name] = coerce(given[name])
            elif otherwise is Surprise:
                raise Surprise
            elif otherwise is not Undefined:
                coerced[name] = otherwise
        return coerced

    def _made(self, definition: VariableDefinitionNode) -> tuple[str, Coerce, Any]:
        """Answer a variable's name, what coerces it, and what it is where it is not given."""
        signature = get_variable_signature(self._schema, definition)
        if isinstance(signature, GraphQLError):
            raise Surprise
        otherwise: Any = Surprise if isinstance(signature.type, GraphQLNonNull) else Undefined
        if definition.default_value is not None:
            found = coerce_input_literal(definition.default_value, signature.type)
            # What can be changed is made anew for each request.
            otherwise = found if is_immutable(found) else Surprise
        return signature.name, coercer(signature.type), otherwise
