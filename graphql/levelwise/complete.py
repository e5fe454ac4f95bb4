"""Complete: exact completion, value by value, of what generated code leaves; and where errors end up.

Completion leaves a Failure wherever a value, or nothing where something has to be, is an error:

    {"lead": {"name": Failure(TypeError("Cannot return null ...")), "email": None}}

When the operation is done, `settle` walks such an answer once: it gives each error its path and locations, and
nothing to the nearest place that may be null:

    {"lead": None}, [GraphQLError("Cannot return null ...", path=["lead", "name"])]
"""

from asyncio import gather
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from contextlib import suppress
from typing import Any, cast

from graphql import (
    GraphQLAbstractType,
    GraphQLError,
    GraphQLLeafType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLOutputType,
    default_type_resolver,
    is_abstract_type,
    located_error,
)
from graphql.execution.executor import invalid_return_type_error
from graphql.pyutils import Path, Undefined, is_async_iterable, is_awaitable, is_iterable

from levelwise.fields import Attribute, TypeName
from levelwise.plan import Field, Selection
from levelwise.run import Run
from levelwise.surprises import Awaited, Failure

AtObject = Callable[[Any, Selection], Awaitable[Any]]
"""Called with an object once its type is known."""


class Completion:
    """Completes the values of one field exactly."""

    def __init__(self, field: Field, run: Run, at_object: AtObject | None = None) -> None:
        """`at_object` is for fields whose objects are of the next level."""
        self._field = field
        self._run = run
        self._at_object = at_object or self._inline

    async def complete(self, value: Any, type_: GraphQLOutputType | None = None) -> Any:
        """Complete a field's value or an item. Whatever is wrong is a Failure in what is answered."""
        try:
            if isinstance(value, Awaited):
                value = value.value
            elif is_awaitable(value):
                value = await value
            return await self._complete(value, type_ or self._field.type)
        except Exception as error:  # noqa: BLE001 (resolvers and scalars may raise anything)
            return self._run.fail(error)

    async def complete_all(self, values: Sequence[Any], type_: GraphQLOutputType | None = None) -> list[Any]:
        """Complete the values of several parents, or of a list."""
        at_once = len(values) > 1 and (self._field.asks_async or any(map(is_awaitable, values)))
        return await together((self.complete(value, type_) for value in values), at_once=at_once)

    async def _complete(self, value: Any, type_: GraphQLOutputType) -> Any:
        if isinstance(value, Failure):
            return value
        if isinstance(value, Exception):
            raise value
        if isinstance(type_, GraphQLNonNull):
            completed = await self._complete(value, type_.of_type)
            if completed is None:
                place = f"{self._field.parent}.{self._field.nodes[0].name.value}"
                raise TypeError(f"Cannot return null for non-nullable field {place}.")
            return completed
        if value is None or value is Undefined:
            return None
        if isinstance(type_, GraphQLList):
            return await self._list(value, type_.of_type)
        if self._field.leaf is not None:
            return self._run.executor.complete_leaf_value(cast(GraphQLLeafType, type_), value)
        return await self._object(value)

    async def _list(self, value: Any, item: GraphQLOutputType) -> list[Any]:
        if is_async_iterable(value):
            return await self._asynchronous_list(value, item)
        if not is_iterable(value):
            place = f"{self._field.parent}.{self._field.nodes[0].name.value}"
            raise GraphQLError(f"Expected Iterable, but did not find one for field '{place}'.")
        return await self.complete_all(list(value), item)

    async def _asynchronous_list(self, values: Any, item: GraphQLOutputType) -> list[Any]:
        completed: list[Any] = []
        async for value in values:
            completed.append(await self.complete(value, item))
            if isinstance(completed[-1], Failure) and isinstance(item, GraphQLNonNull):
                with suppress(Exception):  # the list is null: no more of it is needed
                    await values.aclose()
                break
        return completed

    async def _object(self, value: Any) -> Any:
        field, info = self._field, self._run.info(self._field)
        type_: Any = field.named
        if is_abstract_type(type_):
            name = await _settled(resolve_type(field, value, info))
            type_ = self._run.executor.ensure_valid_runtime_type(name, type_, field.details, info, value)
        if type_.is_type_of is not None and not await _settled(type_.is_type_of(value, info)):
            raise invalid_return_type_error(type_, value, field.details)
        selection = field.selections[type_.name]
        if selection.error is not None:
            raise selection.error
        return await self._at_object(value, selection)

    async def _inline(self, value: Any, selection: Selection) -> Any:
        return await complete_object(selection, value, (), self._run)


def resolve_type(field: Field, value: Any, info: Any) -> Any:
    """Answer the name of an abstract field's object, possibly to be awaited."""
    abstract: GraphQLAbstractType = field.named  # type: ignore[assignment]  # asked of such fields
    return (abstract.resolve_type or default_type_resolver)(value, info, abstract)


async def _settled(value: Any) -> Any:
    return await value if is_awaitable(value) else value


async def complete_object(selection: Selection, row: Any, cells: Sequence[Any], run: Run) -> dict[str, Any]:
    """Complete an object of its row and its columns' values, those that are objects completed already."""
    made = dict.fromkeys(field.key for field in selection.fields)
    made |= {field.key: cell for field, cell in zip(selection.columns, cells, strict=True)}
    made |= {field.key: read(field, row, run) for field in selection.fields if not field.is_column}
    unfinished = [field for field in selection.fields if not field.is_column or field.leaf is not None]
    values = [made[field.key] for field in unfinished]
    completions = (Completion(field, run).complete(made[field.key]) for field in unfinished)
    completed = await together(completions, at_once=sum(map(is_awaitable, values)) > 1)
    made |= {field.key: value for field, value in zip(unfinished, completed, strict=True)}
    return made


async def together(coroutines: Iterable[Coroutine[Any, Any, Any]], *, at_once: bool) -> list[Any]:
    """Await coroutines that raise nothing; `at_once`: concurrently."""
    if at_once:
        return await gather(*coroutines)
    return [await each for each in coroutines]


def read(field: Field, row: Any, run: Run) -> Any:
    """Read a plain field; what that raises is a Failure."""
    if isinstance(field.source, TypeName):
        return field.parent.name
    assert isinstance(field.source, Attribute)  # noqa: S101 (no other field is plain)
    try:
        return getattr(row, field.source.name)
    except Exception as error:  # noqa: BLE001 (a property may raise anything)
        return run.fail(error)


class _Null(Exception):
    """Raised up to the nearest place that may be null."""

    def __init__(self, error: GraphQLError) -> None:
        self.error = error


class Settlement:
    """Walks an answer with failures in it."""

    def __init__(self, selection_of: Callable[[dict[str, Any]], Selection | None]) -> None:
        """`selection_of` knows the selection of an abstract field's object."""
        self.errors: list[GraphQLError] = []
        self._selection_of = selection_of

    def settle(self, answer: dict[str, Any], selection: Selection) -> dict[str, Any] | None:
        """Put nulls where failures lead to. None if that is everything."""
        try:
            return self._object(answer, selection, None)
        except _Null as null:
            self.errors.append(null.error)
            return None

    def _object(self, made: dict[str, Any], selection: Selection, path: Path | None) -> dict[str, Any]:
        return {
            field.key: self._value(made[field.key], field, field.type, Path(path, field.key, selection.type.name))
            for field in selection.fields
        }

    def _value(self, value: Any, field: Field, type_: GraphQLOutputType, path: Path) -> Any:
        try:
            return self._inner(value, field, type_.of_type if isinstance(type_, GraphQLNonNull) else type_, path)
        except _Null as null:
            if isinstance(type_, GraphQLNonNull):
                raise
            self.errors.append(null.error)
            return None

    def _inner(self, value: Any, field: Field, type_: GraphQLOutputType, path: Path) -> Any:
        if isinstance(value, Failure):
            raise _Null(located_error(value.error, field.nodes, path.as_list()))
        if value is None:
            return None
        if isinstance(type_, GraphQLList):
            return [self._value(item, field, type_.of_type, path.add_key(at)) for at, item in enumerate(value)]
        if field.leaf is not None:
            return value
        selection = field.selection or self._selection_of(value)
        assert selection is not None  # noqa: S101 (levels know the types of all their objects)
        return self._object(value, selection, path)
