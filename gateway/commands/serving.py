"""The server's processes: the port, the workers, how they stop."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import uvicorn

from gateway.commands.exits import WRONG_SETTINGS, fail
from gateway.database.address import shown_address
from gateway.http.protocol import Protocol
from gateway.metrics import SHARED_BY
from gateway.settings import Settings
from gateway_graphql.persisted import read_manifest

_KEEP_ALIVE_SECONDS = 75
"""Longer than proxies keep idle connections (nginx: 60): what they are about to use must not be closed."""


def check_port(host: str, port: int) -> None:
    """Find out now, and say it clearly, where uvicorn would only log it later."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with socket.create_server((host, port), family=family):
            pass
    except OSError as error:
        reason = (error.strerror or str(error)).partition(" (")[0]
        fail(f"cannot listen on port {port} of {host}: {reason}")


def introduction(host: str, port: int, workers: int, settings: Settings) -> str:
    """Say what is about to be served, without secrets. Ends the program where trusted documents cannot be read."""
    shown = f"[{host}]" if ":" in host else host
    ways = ["HS256"] if settings.jwt_secret else []
    ways += [f"RS256, ES256 and EdDSA by the keys of {urlsplit(str(settings.jwks_url)).hostname}"] * bool(
        settings.jwks_url
    )
    return (
        f"Serving http://{shown}:{port}/graphql and http://{shown}:{port}/api/v1\n"
        f"  database   {shown_address(settings.database_url)}, up to {settings.pool_size} connections a process\n"
        f"  processes  {workers}\n"
        f"  tokens     {'; '.join(ways)}\n"
        f"  documents  {_documents(settings)}\n"
        f"  limits     {settings.max_cost:,} rows, depth {settings.max_depth}, {settings.max_aliases} aliases,"
        f" {settings.max_batch} operations a batch, {settings.max_body_bytes:,} bytes a body\n"
        f"  budget     {f'{settings.budget:,} rows a minute and organization' if settings.budget else 'none'}"
    )


def _documents(settings: Settings) -> str:
    if settings.documents is None:
        return "all are run"
    try:
        trusted = len(read_manifest(Path(settings.documents)))
    except ValueError as error:
        fail(f"GATEWAY_DOCUMENTS {error}", WRONG_SETTINGS)
    others = {"off": "run too", "log": "run and noted", "only": "refused"}[settings.documents_mode]
    return f"{trusted:,} are trusted, others are {others}"


def serve_gateway(
    host: str, port: int, workers: int, settings: Settings, application: str = "gateway.app:application"
) -> None:
    """Serve until a signal stops it. The workers read their settings from the environment."""
    with _counting_together() if workers > 1 else nullcontext():
        uvicorn.run(
            application,
            factory=True,
            host=host,
            port=port,
            workers=workers,
            http=Protocol,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            access_log=False,
            server_header=False,
            log_level="warning",
            ws_max_size=settings.max_body_bytes,
            timeout_graceful_shutdown=ceil(settings.request_timeout),
        )


@contextmanager
def _counting_together() -> Iterator[None]:
    with TemporaryDirectory(prefix="gateway-metrics-", ignore_cleanup_errors=True) as shared:
        os.environ.setdefault(SHARED_BY, shared)  # prometheus-client looks for it when the workers import it
        yield
