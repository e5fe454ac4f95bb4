"""Parameters that several commands have."""

from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

LOCALHOST = "127.0.0.1"

Organization = Annotated[UUID, typer.Option(help="The organization's id, a UUID.")]
Check = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Print the differences to this file, and fail if there are any.")
]
Port = Annotated[int, typer.Option(min=1, max=65535, help="The port to listen on.")]
