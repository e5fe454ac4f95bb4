"""Progress of an import: a bar with a rate on a terminal, a plain line every few seconds elsewhere."""

import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

SECONDS_BETWEEN_LINES = 5.0

Report = Callable[[int], None]
"""Called with the number of records done."""


@contextmanager
def import_progress(source: BinaryIO) -> Iterator[Report]:
    """Show on standard error how far the import of a file is."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _plain_lines(console)
        return
    columns = (
        TextColumn("Importing"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[done]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        yield _bar(progress, source)


@contextmanager
def prune_progress() -> Iterator[Report]:
    """Show on standard error how many records a pruning has deleted."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _plain_lines(console)
        return
    begun = time.monotonic()
    with console.status("Pruning") as status:
        yield lambda records: status.update(f"Pruning {_done(records, time.monotonic() - begun)}")


def _bar(progress: Progress, source: BinaryIO) -> Report:
    status = os.fstat(source.fileno())
    regular = stat.S_ISREG(status.st_mode)
    task = progress.add_task("", total=status.st_size if regular else None, done="")
    begun = time.monotonic()

    def report(records: int) -> None:
        position = source.tell() if regular else None
        progress.update(task, completed=position, done=_done(records, time.monotonic() - begun))

    return report


def _plain_lines(console: Console) -> Report:
    begun = shown = time.monotonic()

    def report(records: int) -> None:
        nonlocal shown
        now = time.monotonic()
        if now - shown >= SECONDS_BETWEEN_LINES:
            shown = now
            console.print(_done(records, now - begun), highlight=False)

    return report


def _done(records: int, seconds: float) -> str:
    return f"{records:,} records, {records / seconds:,.0f}/s"
