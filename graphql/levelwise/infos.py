"""Infos: what resolvers are told. Most of them ask for the context alone: the rest is made when it is asked for."""

from collections.abc import Callable
from typing import Any

from graphql import GraphQLResolveInfo


class LateInfo:
    """Has the attributes of a GraphQLResolveInfo."""

    __slots__ = ("_info", "_make", "context")

    def __init__(self, context: Any, make: Callable[[], GraphQLResolveInfo[Any]]) -> None:
        self.context = context
        self._make = make
        self._info: GraphQLResolveInfo[Any] | None = None

    def __getattr__(self, name: str) -> Any:
        if self._info is None:
            self._info = self._make()
        return getattr(self._info, name)
