"""Lookahead: which batch functions will be called with what a field answers, so that a resolver may ask along for them.

    { conversation(id: 1) { lead { name } messages(first: 5) { nodes { content } } } }

    async def conversation(self, info, id):
        ahead = lookahead(info)
        leads in ahead                  # True
        ahead.arguments(messages)       # {"first": 5}
        nodes in ahead.below(messages)  # True

It is empty under graphql-core's executor, and below fields of interfaces and unions: then nothing is known.
"""

from collections.abc import Callable, Mapping
from typing import Any

from levelwise.convert import Arguments
from levelwise.plan import Field


class Lookahead:
    """The batch functions of the selection below a field. Where one is selected twice, its first place counts."""

    __slots__ = ("_read", "functions")

    def __init__(self, field: Field | None, read: Callable[[Field], Arguments]) -> None:
        """`read` reads a field's arguments."""
        self._read = read
        self.functions = field.selection.batches if field is not None and field.selection is not None else _NOTHING
        """Each with its field."""

    def __contains__(self, function: Callable[..., Any]) -> bool:
        """Say whether a batch function will be called."""
        return function in self.functions

    def arguments(self, function: Callable[..., Any]) -> Arguments:
        """Answer what it will be called with. Raises GraphQLError, as its own field will."""
        return self._read(self.functions[function])

    def below(self, function: Callable[..., Any]) -> "Lookahead":
        """Look ahead from there."""
        return Lookahead(self.functions.get(function), self._read)


_NOTHING: Mapping[Any, Field] = {}
NOTHING = Lookahead(None, lambda _: {})
