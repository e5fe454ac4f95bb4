"""Batch fields: a resolver takes all parents of its level and answers all of them, in their order.

    async def leads(conversations: Sequence[Conversation], context: Context) -> list[Lead]: ...

    @strawberry.type
    class Conversation:
        lead: Lead = batched(leads, description="Whom it is held with.")

A plan calls the function with all parents of a level. Under graphql-core's executor, which calls resolvers row by
row, a DataLoader gathers the calls of a level.
"""

import inspect
from asyncio import Future, shield
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

import strawberry
from graphql.pyutils import Path
from strawberry.dataloader import AbstractCache, DataLoader


class HasLoaders(Protocol):
    """What an operation's context has for batch fields: a place that lasts as long as the operation."""

    loaders: dict[Any, DataLoader[Any, Any]]


Batch = Callable[..., Any]
"""`(parents, context, **arguments)` to one answer a parent, awaitable or not."""


def batched(function: Batch, *, description: str, name: str | None = None) -> Any:
    """Make a field of a batch function. Its arguments are those behind parents and context.

    An answer that is an exception is an error of that parent's field alone.
    """
    parents, context, *arguments = inspect.signature(function).parameters.values()

    async def resolver(root: Any, info: strawberry.Info, **given: Any) -> Any:
        # Shielded: graphql-core cancels the siblings of a failed field, and others wait for the same answer.
        return await shield(_loader(info, function, given).load(root))

    resolver.__signature__ = inspect.Signature(  # type: ignore[attr-defined]  # read by Strawberry
        [
            parents.replace(name="root", annotation=inspect.Parameter.empty),
            context.replace(name="info", annotation=strawberry.Info),
            *(argument.replace(kind=inspect.Parameter.KEYWORD_ONLY) for argument in arguments),
        ]
    )
    resolver.__module__ = function.__module__  # where its annotations are looked up
    resolver.batch = function  # type: ignore[attr-defined]  # called by a plan, in the resolver's place
    return strawberry.field(resolver=resolver, description=description, name=name)


def _loader(info: strawberry.Info, function: Batch, arguments: dict[str, Any]) -> DataLoader[Any, Any]:
    # Without arguments one loader serves every place; with them, each place of the operation has its own.
    place = _place(info.path) if arguments else ()
    context: HasLoaders = info.context
    loader = context.loaders.get((function, place))
    if loader is None:

        async def load(parents: list[Any]) -> Sequence[Any]:
            answers: Sequence[Any] | Awaitable[Sequence[Any]] = function(parents, context, **arguments)
            return await answers if isinstance(answers, Awaitable) else answers

        loader = context.loaders[function, place] = DataLoader(load, cache_map=_ByIdentity())
    return loader


def _place(path: Path) -> tuple[str, ...]:
    return tuple(key for key in path.as_list() if isinstance(key, str))


class _ByIdentity(AbstractCache[Any, Any]):
    """Knows parents by identity. Holds them, so that an identity is not given to another object meanwhile."""

    def __init__(self) -> None:
        self._entries: dict[int, tuple[Any, Future[Any]]] = {}

    def get(self, key: Any) -> Future[Any] | None:
        entry = self._entries.get(id(key))
        return entry[1] if entry else None

    def set(self, key: Any, value: Future[Any]) -> None:
        self._entries[id(key)] = (key, value)

    def delete(self, key: Any) -> None:
        del self._entries[id(key)]

    def clear(self) -> None:
        self._entries.clear()
