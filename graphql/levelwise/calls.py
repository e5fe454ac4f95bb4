"""Calls: how a level's values are found. Every batch function is called once, wherever on the level its parents lie.

    { a: conversation(id: 1) { lead { name } }  b: conversation(id: 2) { lead { name } } }

calls the batch function of `lead` with both conversations. All that has to be awaited is awaited together.
"""

from asyncio import ensure_future, gather
from collections.abc import Awaitable, Callable, Sequence
from operator import attrgetter
from types import CoroutineType
from typing import Any, Protocol

from graphql.pyutils import Path, is_awaitable
from strawberry.exceptions import WrongNumberOfResultsReturned

from levelwise.complete import read
from levelwise.convert import Arguments
from levelwise.fields import Attribute, Batch, Resolver
from levelwise.plan import Field
from levelwise.run import Run
from levelwise.surprises import Awaited, Failure, is_immutable, is_ordinary


class Stage(Protocol):
    """Rows of a level, and where they lie in the answer."""

    @property
    def rows(self) -> Sequence[Any]: ...

    @property
    def paths(self) -> Sequence[Path | None]: ...


class Column(Protocol):
    """One field of a stage, whose raw values are to be found: one a row."""

    field: Field
    raw: Sequence[Any]

    @property
    def stage(self) -> Stage: ...


Take = Callable[[Any], None]
"""Puts what was awaited where it belongs."""


async def find(columns: Sequence[Column], run: Run) -> None:
    """Find the raw values of all columns of a level. What is wrong is a Failure among them."""
    waiting: list[tuple[Awaitable[Any], Take]] = []
    batches: dict[Any, list[Column]] = {}
    for column in columns:
        source = column.field.source
        if isinstance(source, Batch):
            place = column.field if column.field.definition.args else None
            batches.setdefault((source.function, place), []).append(column)
        elif isinstance(source, Resolver):
            column.raw = _resolved(column, source, run, waiting)
        else:
            column.raw = _attributes(column, run)
    for together in batches.values():
        _call(together, run, waiting)
    if len(waiting) == 1:
        awaitable, take = waiting[0]
        take(await _outcome(awaitable, run))
    elif waiting:
        outcomes = await _outcomes([awaitable for awaitable, _ in waiting], run)
        for (_, take), outcome in zip(waiting, outcomes, strict=True):
            take(outcome)


def _attributes(column: Column, run: Run) -> list[Any]:
    rows, field = column.stage.rows, column.field
    assert isinstance(field.source, Attribute)  # noqa: S101 (the only other source of columns)
    try:
        return list(map(attrgetter(field.source.name), rows))
    except Exception:  # noqa: BLE001 (a property may raise anything)
        return [read(field, row, run) for row in rows]


def _resolved(column: Column, source: Resolver, run: Run, waiting: list[tuple[Awaitable[Any], Take]]) -> list[Any]:
    field, values = column.field, []
    arguments: Arguments | None = None
    for number, row in enumerate(column.stage.rows):
        try:
            if arguments is None or not all(map(is_immutable, arguments.values())):
                arguments = run.arguments(field)
            info = _info(column, number, source, run) if source.needs_info else None
            value = source.resolve(row, info, **arguments)
        except Exception as error:  # noqa: BLE001 (resolvers may raise anything)
            value = run.fail(error)
        values.append(value)
        if type(value) is CoroutineType or is_awaitable(value):
            waiting.append((value, _setter(values, number)))
    return values


def _info(column: Column, number: int, source: Resolver, run: Run) -> Any:
    field, stage = column.field, column.stage

    def path() -> Path:
        return Path(stage.paths[number], field.key, field.parent.name)

    return run.late_info(field, path) if source.info_can_wait else run.info(field, path())


def _setter(values: list[Any], number: int) -> Take:
    def take(value: Any) -> None:
        values[number] = Awaited(value) if is_awaitable(value) else value

    return take


def _call(columns: list[Column], run: Run, waiting: list[tuple[Awaitable[Any], Take]]) -> None:
    field = columns[0].field
    assert isinstance(field.source, Batch)  # noqa: S101 (that is what they have in common)
    parents = [row for column in columns for row in column.stage.rows]

    def take(answers: Any) -> None:
        answers = _checked(answers, len(parents), run)
        for column in columns:
            column.raw, answers = answers[: len(column.stage.rows)], answers[len(column.stage.rows) :]

    try:
        answers = field.source.function(parents, run.context, **run.arguments(field))
    except Exception as error:  # noqa: BLE001 (resolvers may raise anything)
        answers = run.fail(error)
    if is_awaitable(answers):
        waiting.append((answers, take))
    else:
        take(answers)


def _checked(answered: Any, expected: int, run: Run) -> list[Any]:
    """Answer one value a parent."""
    if isinstance(answered, Failure):
        return [answered] * expected
    try:
        answers = list(answered)
        if len(answers) != expected:
            raise WrongNumberOfResultsReturned(expected=expected, received=len(answers))
    except Exception as error:  # noqa: BLE001 (what was answered may be anything)
        return [run.fail(error)] * expected
    if all(map(is_ordinary, set(map(type, answers)))):
        return answers
    return [Awaited(answer) if is_awaitable(answer) else answer for answer in answers]


async def _outcomes(awaitables: list[Awaitable[Any]], run: Run) -> list[Any]:
    # The first is awaited where we are: a single one, which is the rule, needs no task.
    first, *others = (_outcome(awaitable, run) for awaitable in awaitables)
    tasks = [ensure_future(each) for each in others]
    try:
        return [await first, *[await task for task in tasks]]
    except BaseException:
        for task in tasks:
            task.cancel()
        await gather(*tasks, return_exceptions=True)
        raise


async def _outcome(awaitable: Awaitable[Any], run: Run) -> Any:
    try:
        return await awaitable
    except Exception as error:  # noqa: BLE001 (resolvers may raise anything)
        return run.fail(error)
