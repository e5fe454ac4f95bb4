"""Layout: flattens the objects of a level's values for the next level, and puts its results back.

values  [[a, b], [], [c]]      what three parents' lists hold
rows    [a, b, c]              the next level
results [[A, B], [], [C]]      the objects made of them, where the parents find them
"""

from collections.abc import Iterator, Sequence
from itertools import chain, islice
from types import NoneType
from typing import Any

from graphql import GraphQLNonNull

from levelwise.complete import Completion, resolve_type
from levelwise.plan import Field, Selection
from levelwise.run import Run
from levelwise.surprises import Slot, fill, is_ordinary

Origin = tuple[int, tuple[int, ...]]
"""A row's parent by number, and the positions in the lists between them."""

_LISTS = frozenset({list, tuple})


class Objects:
    """One object per parent."""

    def __init__(self, values: Sequence[Any]) -> None:
        self.rows = values

    def put_back(self, results: list[Any]) -> list[Any]:
        """Give each parent its own."""
        return results

    def origins(self) -> Iterator[Origin]:
        """Yield where each row comes from."""
        return ((number, ()) for number in range(len(self.rows)))


class Optional(Objects):
    """One object per parent, or null."""

    def __init__(self, values: Sequence[Any]) -> None:
        super().__init__([value for value in values if value is not None])
        self._values = values

    def put_back(self, results: list[Any]) -> list[Any]:
        """Give each parent its own."""
        rest = iter(results)
        return [None if value is None else next(rest) for value in self._values]

    def origins(self) -> Iterator[Origin]:
        """Yield where each row comes from."""
        return ((number, ()) for number, value in enumerate(self._values) if value is not None)


class Lists(Objects):
    """One list of objects per parent."""

    def __init__(self, values: Sequence[Sequence[Any]]) -> None:
        super().__init__(values[0] if len(values) == 1 else list(chain.from_iterable(values)))
        self._values = values

    def put_back(self, results: list[Any]) -> list[Any]:
        """Give each parent its own."""
        if len(self._values) == 1:
            return [results]
        rest = iter(results)
        return [list(islice(rest, len(value))) for value in self._values]

    def origins(self) -> Iterator[Origin]:
        """Yield where each row comes from."""
        return ((number, (at,)) for number, value in enumerate(self._values) for at in range(len(value)))


class Exact(Objects):
    """Any values: with errors, nulls in lists, lists of lists, awaitables."""

    def __init__(self, skeletons: list[Any], rows: list[Any]) -> None:
        super().__init__(rows)
        self._skeletons = skeletons

    def put_back(self, results: list[Any]) -> list[Any]:
        """Give each parent its own."""
        return [fill(skeleton, results) for skeleton in self._skeletons]

    def origins(self) -> Iterator[Origin]:
        """Yield where each row comes from."""
        found: dict[int, Origin] = {}
        for number, skeleton in enumerate(self._skeletons):
            found.update(_slots(skeleton, number, ()))
        return (found[number] for number in range(len(self.rows)))


def _slots(skeleton: Any, number: int, at: tuple[int, ...]) -> Iterator[tuple[int, Origin]]:
    if type(skeleton) is Slot:
        yield skeleton.number, (number, at)
    elif type(skeleton) is list:
        for index, each in enumerate(skeleton):
            yield from _slots(each, number, (*at, index))


def lay_out(field: Field, values: Sequence[Any]) -> Objects | None:
    """Flatten usual values, without looking at each. None: they need exact completion."""
    classes = set(map(type, values))
    if field.lists == 0:
        if NoneType not in classes:
            return Objects(values)
        return None if isinstance(field.type, GraphQLNonNull) else Optional(values)
    return Lists(values) if field.lists == 1 and classes <= _LISTS else None


async def lay_out_exactly(field: Field, values: Sequence[Any], run: Run) -> tuple[Exact, list[Selection]]:
    """Complete values down to their objects; answer these, and the selection of each."""
    rows: list[Any] = []
    selections: list[Selection] = []

    async def at_object(value: Any, selection: Selection) -> Slot:
        rows.append(value)
        selections.append(selection)
        return Slot(len(rows) - 1)

    completion = Completion(field, run, at_object)
    skeletons = await completion.complete_all(values)
    return Exact(skeletons, rows), selections


def selections_by_type(field: Field, rows: Sequence[Any], run: Run) -> list[Selection] | None:
    """Answer each row's selection, by its type. None: they need exact completion."""
    try:
        return _selections_by_type(field, rows, run)
    except Exception:  # noqa: BLE001 (exact completion asks anew, and says what is wrong)
        return None


def _selections_by_type(field: Field, rows: Sequence[Any], run: Run) -> list[Selection] | None:
    if field.asks_async or not all(map(is_ordinary, set(map(type, rows)))):
        return None
    info = run.info(field)
    found = [field.selections[resolve_type(field, row, info)] for row in rows]
    for row, selection in zip(rows, found, strict=True):
        is_type_of = selection.type.is_type_of
        if selection.error or (is_type_of is not None and is_type_of(row, info) is not True):
            return None
    return found
