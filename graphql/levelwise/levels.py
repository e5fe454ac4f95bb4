"""Levels: all objects that lie equally deep in the answer, one stage for each selection of them.

    { conversations { nodes { id lead { name } } } }

    level  stage            rows   columns: what is found before objects are made
    1      Query            1      conversations
    2      Connection       1      nodes
    3      Conversation     20     lead: one call of its batch function with 20 conversations
    4      Lead             20     (none)

Downwards the columns are found: whatever is not a plain attribute. Upwards each stage's objects are made, by its
generated function.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from graphql.pyutils import Path

from levelwise.calls import find
from levelwise.complete import complete_object, together
from levelwise.generate import are_of_type, generate
from levelwise.layout import Objects, lay_out, lay_out_exactly, selections_by_type
from levelwise.plan import Field, Selection
from levelwise.run import Run

_MANY = 1000
"""Objects: fewer are made within a millisecond or two, and their function takes as long."""

Paths = Callable[[], list[Path | None]]
"""Makes the paths of a stage's rows; few runs need them."""


async def answer(selection: Selection, root: Any, run: Run) -> tuple[dict[str, Any], list["Stage"]]:
    """Answer a selection on the root value, failures and all; and the stages it took."""
    level = [Stage(selection, [root], lambda: [None])]
    stages = list(level)
    while columns := [column for stage in level for column in stage.columns]:
        await find(columns, run)
        level = []
        for column in columns:
            if column.field.leaf is None:
                below = column.descend(run)
                level += await column.descend_exactly(run) if below is None else below
        stages += level
    made = 0
    for stage in reversed(stages):
        made += _MANY if stage.selection.make is None else len(stage.rows)
        if missed := stage.finish(run):
            await stage.complete(missed, run)
        if made >= _MANY:
            made = 0
            await asyncio.sleep(0)  # others have their turn
    return stages[0].results[0], stages


class Stage:
    """One selection's rows at one level."""

    def __init__(self, selection: Selection, rows: Sequence[Any], paths: Paths) -> None:
        self.selection = selection
        self.rows = rows
        self.results: list[Any] = []
        self._cells: list[Sequence[Any]] = []
        self.columns = [Column(field, self) for field in selection.columns]
        self._make_paths = paths
        self._paths: list[Path | None] | None = None

    @property
    def paths(self) -> list[Path | None]:
        """Where the rows lie in the answer."""
        if self._paths is None:
            self._paths = self._make_paths()
        return self._paths

    def finish(self, run: Run) -> list[int]:
        """Make the objects, when those of all levels below are made. Answer which ones exact completion has to make."""
        self._cells = [column.values() for column in self.columns]
        make = self.selection.make
        if make is None:
            make = self.selection.make = generate(self.selection)
        self.results, missed = make(self.rows, run, *self._cells)
        # Stages and columns know each other. Without these cycles all is freed at once, not by the collector.
        for column in self.columns:
            column.below.clear()
        self.columns.clear()
        return missed

    async def complete(self, missed: list[int], run: Run) -> None:
        """Make these objects exactly."""
        objects = (
            complete_object(self.selection, self.rows[number], [cells[number] for cells in self._cells], run)
            for number in missed
        )
        for number, made in zip(missed, await together(objects, at_once=len(missed) > 1), strict=True):
            self.results[number] = made


class Column:
    """The values of one field at one stage."""

    def __init__(self, field: Field, stage: Stage) -> None:
        self.field = field
        self.stage = stage
        self.raw: Sequence[Any] = ()
        """A value a row, as it was found."""
        self._layout: Objects | None = None
        self.below: list[tuple[Stage, Sequence[int] | None]] = []

    def descend(self, run: Run) -> list[Stage] | None:
        """Flatten the objects that were found, into stages of the next level. None if they are not as is usual."""
        layout, selection = lay_out(self.field, self.raw), self.field.selection
        if layout is None:
            return None
        if selection is None:
            selections = selections_by_type(self.field, layout.rows, run)
            return None if selections is None else self._stages(layout, selections)
        return self._only_stage(layout, selection) if are_of_type(self.field, layout.rows, run) else None

    async def descend_exactly(self, run: Run) -> list[Stage]:
        """Flatten them exactly."""
        layout, selections = await lay_out_exactly(self.field, self.raw, run)
        if self.field.selection is not None:
            return self._only_stage(layout, self.field.selection)
        return self._stages(layout, selections)

    def _only_stage(self, layout: Objects, selection: Selection) -> list[Stage]:
        self._layout, stage = layout, Stage(selection, layout.rows, self._paths)
        self.below = [(stage, None)]
        return [stage] if layout.rows else []

    def _stages(self, layout: Objects, selections: list[Selection]) -> list[Stage]:
        self._layout = layout
        self.below = [self._stage(layout, each, selections) for each in dict.fromkeys(selections)]
        return [stage for stage, _ in self.below]

    def _stage(
        self, layout: Objects, selection: Selection, selections: list[Selection]
    ) -> tuple[Stage, Sequence[int] | None]:
        numbers = [number for number, each in enumerate(selections) if each is selection]

        def paths() -> list[Path | None]:
            all_ = self._paths()
            return [all_[number] for number in numbers]

        return Stage(selection, [layout.rows[number] for number in numbers], paths), numbers

    def _paths(self) -> list[Path | None]:
        assert self._layout is not None  # noqa: S101 (stages are made of it)
        parents, key, type_ = self.stage.paths, self.field.key, self.field.parent.name
        found: list[Path | None] = []
        for number, positions in self._layout.origins():
            path = Path(parents[number], key, type_)
            for position in positions:
                path = path.add_key(position)
            found.append(path)
        return found

    def values(self) -> Sequence[Any]:
        """Answer a value a parent: raw ones of leaves, objects as the levels below made them."""
        if self._layout is None:
            return self.raw
        if len(self.below) == 1 and self.below[0][1] is None:
            return self._layout.put_back(self.below[0][0].results)
        results: list[Any] = [None] * len(self._layout.rows)
        for stage, numbers in self.below:
            for number, made in zip(numbers or (), stage.results, strict=True):
                results[number] = made
        return self._layout.put_back(results)
