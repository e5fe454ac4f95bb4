"""Call: one method of a path. What it asks, what it answers, and what replaces it."""

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Generic, NamedTuple, TypeVar

from gateway.auth import Scope
from gateway.records import Version
from gateway_graphql.context import Context
from rest_compat.successors import Successor

Operation = Callable[..., Coroutine[Any, Any, Any]]
"""`(context, path, query, header, body)` to what is answered. It takes those of the four that it has a model for."""
Versions = Callable[[Context, Any], Awaitable[Version | None]]
"""`(context, path)` to how a row stands; None where the organization has none."""

Shown = TypeVar("Shown")


class Listed(NamedTuple, Generic[Shown]):
    """A part of a list as it is answered, and how many rows the list has in all."""

    shown: Shown
    total: int


class Call(NamedTuple):
    """An operation and the GraphQL operation that replaces it.

    `tagged`: what it answers is what GET shows of the same row, and has that one's ETag.
    """

    scope: Scope
    """What the token must allow; checked before anything else in the request."""
    operation: Operation
    successor: Successor
    status: int = 200
    tagged: bool = True
    version: Versions | None = None
    """Of what changes a row: how it stands. The operation takes it as `seen`, and changes nothing else."""
