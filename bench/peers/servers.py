"""Who is compared, how each is started, and how its dependencies get here."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import psutil
from psycopg.conninfo import conninfo_to_dict

SECRET = "a secret for benchmarks, long enough for HS256"
POOL_SIZE = 8
"""Database connections of each server: as many as the client has to it. PostgreSQL takes 100 in all."""

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
NODE = HERE / "node"
OLDEST_NODE = 22  # PostGraphile's
ENVIRONMENT = ROOT / ".venv" / "peers"
PYTHON = ENVIRONMENT / "bin" / "python"

_GATEWAY = (sys.executable, "-m", "gateway", "serve", "--port", "{port}")
_UVICORN = ("-m", "uvicorn", "--no-access-log", "--log-level", "warning", "--port", "{port}")
_OURS = (sys.executable, *_UVICORN)
_PYTHON = (str(PYTHON), *_UVICORN, "--lifespan", "off")
_PG = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}


class Peer(NamedTuple):
    """A server: its command, its settings, and the packages whose versions are worth naming."""

    name: str
    command: tuple[str, ...]
    packages: tuple[str, ...] = ()
    settings: tuple[tuple[str, str], ...] = ()

    @property
    def is_node(self) -> bool:
        return self.command[0] == "node"


def _ours(name: str, *settings: tuple[str, str]) -> Peer:
    return Peer(name, _GATEWAY, settings=settings)


def _python(name: str, module: str, *packages: str) -> Peer:
    return Peer(name, (*_PYTHON, f"bench.peers.{module}:app"), packages)


def _node(name: str, module: str, *packages: str) -> Peer:
    return Peer(name, ("node", str(NODE / f"{module}.mjs")), packages)


GATEWAY = _ours("gateway, compiled")
FASTAPI = Peer("FastAPI + SQLAlchemy's ORM", (*_OURS, "bench.peers.fastapi_peer:app"))
PEERS = (
    GATEWAY,
    _ours("gateway, on graphql-core", ("GATEWAY_COMPILED", "false")),
    Peer("gateway, compiled, through psycopg's cursor", (*_OURS, "bench.peers.cursors:app")),
    _python("Strawberry + ORM + DataLoader", "strawberry_orm", "strawberry-graphql", "SQLAlchemy", "asyncpg"),
    _python("Ariadne on plain rows", "ariadne_rows", "ariadne", "graphql-core", "asyncpg"),
    _node("Apollo Server", "apollo", "@apollo/server", "dataloader", "pg"),
    _node("PostGraphile", "postgraphile", "postgraphile", "pg"),
    _node("Mercurius (graphql-jit)", "mercurius", "mercurius", "graphql-jit", "pg"),
    _python("floor: bare ASGI + psycopg, JSON by PostgreSQL", "floor_psycopg", "psycopg"),
    _python("floor: bare ASGI + asyncpg, JSON by PostgreSQL", "floor_asyncpg", "asyncpg"),
)


def install() -> list[Peer]:
    """Install what is missing, and return the peers that can run here."""
    wanted = HERE / "requirements.txt"
    installed = ENVIRONMENT / "requirements.txt"
    if not installed.exists() or installed.read_text() != wanted.read_text():
        subprocess.run([sys.executable, "-m", "venv", "--clear", ENVIRONMENT], check=True)
        subprocess.run([PYTHON, "-m", "pip", "install", "-qq", "--requirement", wanted], check=True)
        shutil.copy(wanted, installed)
    if _node_version() < OLDEST_NODE:
        print(f"Node.js {OLDEST_NODE} is not here: its peers are left out.")
        return [peer for peer in PEERS if not peer.is_node]
    if not (NODE / "node_modules").exists():
        subprocess.run(["npm", "ci", "--loglevel=error"], cwd=NODE, check=True)
    return list(PEERS)


def _node_version() -> int:
    if shutil.which("node") is None:
        return 0
    said = subprocess.run(["node", "--version"], check=True, capture_output=True, text=True).stdout
    return int(said.removeprefix("v").partition(".")[0])


def versions(peer: Peer) -> str:
    """Name the versions of a peer's packages."""
    return ", ".join(f"{package} {_version(peer, package)}" for package in peer.packages)


def _version(peer: Peer, package: str) -> str:
    if peer.is_node:
        description = json.loads((NODE / "node_modules" / package / "package.json").read_text())
        return str(description["version"])
    asked = f"from importlib.metadata import version; print(version({package!r}))"
    return subprocess.run([PYTHON, "-c", asked], check=True, capture_output=True, text=True).stdout.strip()


@contextmanager
def running(peer: Peer, database_url: str) -> Iterator[tuple[psutil.Process, int]]:
    """Serve the database from a process of its own; yield the process and its port."""
    port = _free_port()
    address = conninfo_to_dict(database_url)
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "graphql"))),
        **{name: str(address[key]) for key, name in _PG.items() if key in address},
        "BENCH_SECRET": SECRET,
        "BENCH_PORT": str(port),
        "BENCH_POOL_SIZE": str(POOL_SIZE),
        "NODE_ENV": "production",
        "GRAPHILE_ENV": "production",
        "GATEWAY_DATABASE_URL": database_url,
        "GATEWAY_JWT_SECRET": SECRET,
        "GATEWAY_LOG_LEVEL": "WARNING",
        "GATEWAY_POOL_SIZE": str(POOL_SIZE * 5 // 4),  # of which one organization gets four fifths
        **dict(peer.settings),
    }
    command = [part.format(port=port) for part in peer.command]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    try:
        _wait_until_listening(peer, process, port)
        yield psutil.Process(process.pid), port
    finally:
        process.terminate()
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _wait_until_listening(peer: Peer, process: subprocess.Popen[bytes], port: int) -> None:
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            if process.poll() is not None:
                break
            time.sleep(0.1)
        else:
            return
    raise SystemExit(f"{peer.name} did not start")
