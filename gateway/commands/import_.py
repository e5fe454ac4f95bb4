"""`gateway import`: loads a file's records into an organization."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from typing import Annotated

import typer

from gateway.commands.exits import reported_failures, settings_with
from gateway.commands.parameters import Organization
from gateway.commands.progress import import_progress
from gateway.database.admin.chunks import read_lines
from gateway.database.admin.transfer import import_lines


def import_(
    file: Annotated[str, typer.Argument(help="JSON lines, gzipped or not; - is standard input.")],
    organization: Organization,
) -> None:
    """Load records into an organization. If one line is bad, nothing is loaded."""
    settings = settings_with("database_url")
    with reported_failures(), _opened(file) as source, import_progress(source) as report:
        records, changed = import_lines(settings.session_url, organization, read_lines(source), report)
    typer.echo(f"{records:,} records read, {changed:,} of them new or changed.")


@contextmanager
def _opened(file: str) -> Iterator[BufferedReader]:
    standard_input = file == "-"
    with open(sys.stdin.fileno() if standard_input else file, "rb", closefd=not standard_input) as source:
        yield source
