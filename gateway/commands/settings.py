"""`gateway settings`: prints all settings."""

import typer

from gateway.settings import settings_table


def settings() -> None:
    """Print all settings as a table in Markdown: names, defaults, what they are."""
    typer.echo(settings_table())
