"""`gateway migrate`: creates or updates the database's tables."""

from typing import Annotated

import typer

from gateway.commands.exits import reported_failures, settings_with
from gateway.database.admin.command_errors import command_errors
from gateway.database.migrate import migrate as migrate_database


def migrate(
    role: Annotated[
        str | None,
        typer.Option(help="A role to grant what the gateway needs, limited to one organization by row-level security."),
    ] = None,
    citus: Annotated[bool, typer.Option("--citus", help="Distribute the tables by organization.")] = False,
) -> None:
    """Create or update the database's tables."""
    settings = settings_with("database_url")
    with reported_failures(), command_errors():
        mended = migrate_database(settings.session_url, role, citus=citus)
    typer.echo("The database's tables are of this version.")
    if mended:
        typer.echo(f"{mended:,} messages had positions of another server, as after a restore: mended.")
