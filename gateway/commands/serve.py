"""`gateway serve`: serves an existing database."""

import os
from typing import Annotated

import typer

from gateway.commands.exits import WRONG_SETTINGS, fail, settings_with
from gateway.commands.parameters import LOCALHOST, Port
from gateway.commands.serving import check_port, introduction, serve_gateway
from gateway_graphql.persisted import Mode


def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = LOCALHOST,
    port: Port = 8000,
    workers: Annotated[int, typer.Option(min=1, help="The number of processes.")] = 1,
    documents: Annotated[
        str | None, typer.Option(metavar="FILE", help="Trusted documents: a manifest. GATEWAY_DOCUMENTS.")
    ] = None,
    documents_mode: Annotated[
        Mode | None, typer.Option(help="Whether other documents are run, logged or refused. GATEWAY_DOCUMENTS_MODE.")
    ] = None,
) -> None:
    """Serve the database at GATEWAY_DATABASE_URL."""
    # The processes that serve read their settings from the environment.
    given = {"GATEWAY_DOCUMENTS": documents, "GATEWAY_DOCUMENTS_MODE": documents_mode}
    os.environ |= {name: value for name, value in given.items() if value is not None}
    settings = settings_with("database_url")
    if settings.jwt_secret is None and settings.jwks_url is None:
        fail("GATEWAY_JWT_SECRET or GATEWAY_JWKS_URL must be set", WRONG_SETTINGS)
    text = introduction(host, port, workers, settings)
    check_port(host, port)
    typer.echo(text)
    serve_gateway(host, port, workers, settings)
