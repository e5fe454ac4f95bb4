"""The server's processes: the port, the workers, how they stop."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from tempfile import TemporaryDirectory

import uvicorn

from gateway.exits import fail
from gateway.settings import Settings

# Of prometheus-client, which is to be imported only after it is set: in the workers.
_METRICS_DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"
_GRACE_SECONDS = 5
"""How long running requests may take to finish when the server stops; streams have no other end."""


def check_port(host: str, port: int) -> None:
    """Find out now, and say it clearly, where uvicorn would only log it later."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with socket.create_server((host, port), family=family):
            pass
    except OSError as error:
        reason = (error.strerror or str(error)).partition(" (")[0]
        fail(f"cannot listen on port {port} of {host}: {reason}")


def serve_gateway(host: str, port: int, workers: int, settings: Settings) -> None:
    """Serve until a signal stops it. The workers read their settings from the environment."""
    with _counting_together() if workers > 1 else nullcontext():
        uvicorn.run(
            "gateway.app:application",
            factory=True,
            host=host,
            port=port,
            workers=workers,
            access_log=False,
            log_level="warning",
            ws_max_size=settings.max_body_bytes,
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )


@contextmanager
def _counting_together() -> Iterator[None]:
    with TemporaryDirectory(prefix="gateway-metrics-", ignore_cleanup_errors=True) as shared:
        os.environ.setdefault(_METRICS_DIRECTORY, shared)
        yield
