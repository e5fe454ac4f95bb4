"""Exports: documents that are made from the code are printed, or compared with a file."""

import difflib
from collections.abc import Callable
from pathlib import Path

import typer

from gateway.commands.exits import fail, reported_failures


def print_or_compare(
    text: str, name: str, file: Path | None, changes: Callable[[str], list[str]] | None = None
) -> None:
    """Print a text; where a file is given, print what differs from it instead, and fail if something does.

    `changes` says what became of the file's text in other words, for below the differing lines.
    """
    if file is None:
        typer.echo(text, nl=False)
        return
    with reported_failures():
        written = file.read_text(encoding="utf-8")
    lines = difflib.unified_diff(
        written.splitlines(keepends=True), text.splitlines(keepends=True), str(file), f"the code's {name}"
    )
    if written != text:
        typer.echo("".join(lines), nl=False)
        for change in changes(written) if changes else []:
            typer.echo(change)
        fail(f"{file} differs from the code's {name}")
