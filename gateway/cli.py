"""The commands."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from io import BufferedReader
from pathlib import Path
from typing import Annotated, NoReturn
from uuid import UUID

import typer
from platformdirs import user_data_path

from gateway.auth import Scope
from gateway.database.chunks import read_lines
from gateway.database.migrate import migrate as migrate_database
from gateway.database.refusals import told_refusals
from gateway.database.transfer import export_lines, import_lines
from gateway.demo import demo_database, demo_introduction, demo_secret
from gateway.demo.visitors import visitors
from gateway.doctor import failures, findings, shown_findings
from gateway.exits import FAILED, WRONG_SETTINGS, fail, settings_with, told_failures
from gateway.exports import print_or_compare
from gateway.progress import import_progress
from gateway.prune import prune
from gateway.sample import SAMPLE_ORGANIZATION
from gateway.serving import check_port, introduction, serve_gateway
from gateway.settings import settings_table
from gateway.tokens import signed_token
from gateway_graphql import subgraph
from gateway_graphql.export import changes, sdl
from gateway_graphql.persisted import Mode
from rest_compat.openapi import openapi_json

_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_LOCALHOST = "127.0.0.1"

Organization = Annotated[UUID, typer.Option(help="The organization's id, a UUID.")]
Check = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Print what differs from this file, and fail if something does.")
]
Port = Annotated[int, typer.Option(min=1, max=65535, help="The port to listen on.")]

app = typer.Typer(
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


def _demo_data() -> Path:
    # Only where it is asked for: not every user who serves has a home.
    try:
        return user_data_path("conversations-gateway")
    except RuntimeError:
        raise typer.BadParameter("you have no home directory: name another one", param_hint="'--data'") from None


@app.command()
def demo(
    data: Annotated[
        Path,
        typer.Option(
            envvar="GATEWAY_DEMO_DATA", default_factory=_demo_data, help="The directory of the demo's database."
        ),
    ],
    port: Port = 8000,
) -> None:
    """Start on an embedded PostgreSQL with sample data. Needs no set-up; Ctrl-C stops it."""
    check_port(_LOCALHOST, port)
    for number in _STOP_SIGNALS:
        signal.signal(number, _stop)
    # uvicorn stops in good order on the other two only.
    signal.signal(signal.SIGHUP, lambda *_: signal.raise_signal(signal.SIGTERM))
    with told_failures():
        typer.echo(f"Starting PostgreSQL in {data} ...")
        with demo_database(data) as (owner_url, url):
            os.environ |= {
                "GATEWAY_DATABASE_URL": url,
                "GATEWAY_JWT_SECRET": demo_secret(data),
                "GATEWAY_ROW_SECURITY": "true",
            }
            os.environ.setdefault("GATEWAY_DRAIN", "0")  # nobody stands in front of it
            settings = settings_with("jwt_secret")
            typer.echo(demo_introduction(f"http://{_LOCALHOST}:{port}", settings))
            with visitors(owner_url, SAMPLE_ORGANIZATION):
                serve_gateway(_LOCALHOST, port, 1, settings, "gateway.demo.app:application")


def _stop(*_: object) -> NoReturn:
    # What has begun to stop is not to be stopped again in the middle of it.
    for number in _STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise SystemExit


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = _LOCALHOST,
    port: Port = 8000,
    workers: Annotated[int, typer.Option(min=1, help="How many processes serve.")] = 1,
    documents: Annotated[
        str | None, typer.Option(metavar="FILE", help="Trusted documents: a manifest. GATEWAY_DOCUMENTS.")
    ] = None,
    documents_mode: Annotated[
        Mode | None, typer.Option(help="What becomes of other documents. GATEWAY_DOCUMENTS_MODE.")
    ] = None,
) -> None:
    """Serve the database at GATEWAY_DATABASE_URL."""
    # The processes that serve read their settings from the environment.
    given = {"GATEWAY_DOCUMENTS": documents, "GATEWAY_DOCUMENTS_MODE": documents_mode}
    os.environ |= {name: value for name, value in given.items() if value is not None}
    settings = settings_with("database_url")
    if settings.jwt_secret is None and settings.jwks_url is None:
        fail("GATEWAY_JWT_SECRET or GATEWAY_JWKS_URL must be set", WRONG_SETTINGS)
    told = introduction(host, port, workers, settings)
    check_port(host, port)
    typer.echo(told)
    serve_gateway(host, port, workers, settings)


@app.command()
def migrate(
    role: Annotated[
        str | None, typer.Option(help="A role to put under row security, and to let do what the gateway does.")
    ] = None,
    citus: Annotated[bool, typer.Option("--citus", help="Distribute the tables by organization.")] = False,
) -> None:
    """Bring the database's tables to this version."""
    settings = settings_with("database_url")
    with told_failures(), told_refusals():
        mended = migrate_database(settings.session_url, role, citus=citus)
    typer.echo("The database's tables are of this version.")
    if mended:
        typer.echo(f"{mended:,} messages had positions of another server, as after a restore: mended.")


@app.command()
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Look at settings, keys and database, and say what to do. Fails where something does not work."""
    found = list(findings())
    for line in shown_findings(found, as_json=as_json):
        typer.echo(line)
    if failures(found):
        raise typer.Exit(FAILED)


@app.command()
def settings() -> None:
    """Print all settings as a table in Markdown: names, defaults, what they are."""
    typer.echo(settings_table())


@app.command("import")
def import_(
    file: Annotated[str, typer.Argument(help="JSON lines, gzipped or not; - is standard input.")],
    organization: Organization,
) -> None:
    """Load records into an organization: all of them, or none where a line is bad."""
    settings = settings_with("database_url")
    with told_failures(), _opened(file) as source, import_progress(source) as report:
        records, changed = import_lines(settings.session_url, organization, read_lines(source), report)
    typer.echo(f"{records:,} records read, {changed:,} of them new or changed.")


@app.command()
def export(organization: Organization) -> None:
    """Write an organization's records to standard output, in the form that import reads."""
    settings = settings_with("database_url")
    with told_failures():
        sys.stdout.buffer.writelines(export_lines(settings.session_url, organization))


app.command()(prune)


@app.command()
def token(
    organization: Organization,
    user: Annotated[str, typer.Option(help="Who the token is for: its `sub`.")] = "operator",
    scope: Annotated[list[str] | None, typer.Option(help="What it allows; may be repeated. All, if not given.")] = None,
    ttl: Annotated[int, typer.Option(min=1, help="Seconds that it is good for.")] = 3600,
) -> None:
    """Print a token signed with GATEWAY_JWT_SECRET."""
    scopes = " ".join(scope).split() if scope else None
    unknown = sorted(set(scopes or ()) - set(Scope))
    if unknown:
        raise typer.BadParameter(f"{unknown[0]!r} is none of {', '.join(Scope)}", param_hint="'--scope'")
    if not user:
        raise typer.BadParameter("must not be empty", param_hint="'--user'")
    typer.echo(signed_token(settings_with("jwt_secret"), organization, user=user, scopes=scopes, ttl=ttl))


@app.command()
def schema(
    check: Check = None,
    federation: Annotated[bool, typer.Option("--federation", help="As an Apollo Federation 2 subgraph.")] = False,
) -> None:
    """Print the GraphQL schema's SDL."""
    text = subgraph.sdl() if federation else sdl()
    print_or_compare(text, "schema", check, lambda exported: changes(exported, text))


@app.command()
def openapi(check: Check = None) -> None:
    """Print the OpenAPI document of the REST paths."""
    print_or_compare(openapi_json().decode(), "OpenAPI document", check)


@contextmanager
def _opened(file: str) -> Iterator[BufferedReader]:
    standard_input = file == "-"
    with open(sys.stdin.fileno() if standard_input else file, "rb", closefd=not standard_input) as source:
        yield source
