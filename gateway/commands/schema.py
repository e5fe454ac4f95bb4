"""`gateway schema`: prints the GraphQL schema."""

from typing import Annotated

import typer

from gateway.commands.exports import print_or_compare
from gateway.commands.parameters import Check
from gateway_graphql import subgraph
from gateway_graphql.export import changes, sdl


def schema(
    check: Check = None,
    federation: Annotated[bool, typer.Option("--federation", help="As an Apollo Federation 2 subgraph.")] = False,
) -> None:
    """Print the GraphQL schema's SDL."""
    text = subgraph.sdl() if federation else sdl()
    print_or_compare(text, "schema", check, lambda exported: changes(exported, text))
