"""Infos: what resolvers are told. Most of them ask for the context alone: the rest is made when it is asked for."""

from collections.abc import Callable
from typing import Any

import strawberry
from graphql import GraphQLResolveInfo

from levelwise.lookahead import NOTHING, Lookahead


class LateInfo:
    """Has the attributes of a GraphQLResolveInfo."""

    __slots__ = ("_info", "_make", "context", "look_ahead")

    def __init__(
        self, context: Any, make: Callable[[], GraphQLResolveInfo[Any]], look_ahead: Callable[[], Lookahead]
    ) -> None:
        self.context = context
        self._make = make
        self.look_ahead = look_ahead
        self._info: GraphQLResolveInfo[Any] | None = None

    def __getattr__(self, name: str) -> Any:
        if self._info is None:
            self._info = self._make()
        return getattr(self._info, name)


def lookahead(info: strawberry.Info) -> Lookahead:
    """Tell which batch functions will be called with what a resolver answers."""
    raw = info._raw_info  # noqa: SLF001 (Strawberry's name for what was given to it)
    return raw.look_ahead() if isinstance(raw, LateInfo) else NOTHING
