"""`gateway demo`: serves sample data from an embedded PostgreSQL."""

import os
import signal
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from platformdirs import user_data_path

from gateway.commands.exits import reported_failures, settings_with
from gateway.commands.parameters import LOCALHOST, Port
from gateway.commands.serving import check_port, serve_gateway
from gateway.demo import demo_database, demo_introduction, demo_secret
from gateway.demo.visitors import visitors
from gateway.sample import SAMPLE_ORGANIZATION
from gateway.settings import Settings

_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def _demo_data() -> Path:
    # Only where it is asked for: not every user who serves has a home.
    try:
        return user_data_path("conversations-gateway")
    except RuntimeError:
        raise typer.BadParameter("you have no home directory: name another one", param_hint="'--data'") from None


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
    check_port(LOCALHOST, port)
    for number in _STOP_SIGNALS:
        signal.signal(number, _stop)
    # uvicorn stops in good order on the other two only.
    signal.signal(signal.SIGHUP, lambda *_: signal.raise_signal(signal.SIGTERM))
    with reported_failures():
        typer.echo(f"Starting PostgreSQL in {data} ...")
        with demo_database(data) as (owner_url, url):
            settings = demo_settings(url, data)
            typer.echo(demo_introduction(f"http://{LOCALHOST}:{port}", settings))
            with visitors(owner_url, SAMPLE_ORGANIZATION):
                serve_gateway(LOCALHOST, port, 1, settings, "gateway.demo.app:application")


def demo_settings(url: str, data: Path) -> Settings:
    """Set what the serving process reads, and read it. A secret that is set stays: `gateway token` signs with it."""
    os.environ |= {"GATEWAY_DATABASE_URL": url, "GATEWAY_ROW_SECURITY": "true"}
    os.environ.setdefault("GATEWAY_DRAIN", "0")  # no proxy is in front of it
    if not settings_with().jwt_secret:
        os.environ["GATEWAY_JWT_SECRET"] = demo_secret(data)
    return settings_with("jwt_secret")


def _stop(*_: object) -> NoReturn:
    # What has begun to stop is not to be stopped again in the middle of it.
    for number in _STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise SystemExit
