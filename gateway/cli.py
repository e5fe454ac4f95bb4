"""The commands: what can be called. Each is a function in a module of `gateway.commands`."""

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from keyword import iskeyword
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

COMMANDS = (
    "demo",
    "serve",
    "migrate",
    "doctor",
    "settings",
    "import",
    "export",
    "prune",
    "token",
    "schema",
    "openapi",
)


class _Commands(TyperGroup):
    """Loads a command when it is called: a token is signed before all that a server needs has been imported."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 (typer's signature)
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 (likewise)
        # All where it is none of them: typer looks among them for what was meant.
        for name in [cmd_name] if cmd_name in COMMANDS else COMMANDS:
            self.commands[name] = _loaded(name)
        return self.commands.get(cmd_name)


def _loaded(name: str) -> Any:
    module = f"{name}_" if iskeyword(name) else name
    alone = typer.Typer(add_completion=False)
    alone.command(name)(getattr(import_module(f"gateway.commands.{module}"), module))
    return get_command(alone)


app = typer.Typer(
    cls=_Commands,
    help="GraphQL and REST over conversations, leads and messages in PostgreSQL.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def main() -> None:
    """Run the command that the program's arguments name."""
    app()


def _show_version(wanted: bool) -> None:
    if wanted:
        try:
            typer.echo(version("conversations-gateway"))
        except PackageNotFoundError:
            typer.echo("unknown: the package is not installed")
        raise typer.Exit


@app.callback()
def _options(
    _: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    pass
