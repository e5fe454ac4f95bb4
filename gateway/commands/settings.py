"""`gateway settings`: prints all settings."""

import typer

from gateway.settings import settings_table


def settings() -> None:
    """Print all settings as a Markdown table: name, default, description."""
    typer.echo(settings_table())
