"""Processes: gateways and proxies as an operator runs them."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from tests.support.organization import SECRET
from tests.support.server import free_port

ROOT = Path(__file__).parents[3]
SECONDS = 60


class Gateway:
    """`gateway serve` on a port of its own, which it keeps when it is started again."""

    def __init__(self, database_url: str, workers: int = 1, **settings: object) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._arguments = [sys.executable, "-m", "gateway", "serve", "--port", str(self.port)]
        self._arguments += ["--workers", str(workers)]
        given = {"DATABASE_URL": database_url, "JWT_SECRET": SECRET, "LOG_LEVEL": "WARNING", "DRAIN": 0, **settings}
        own = {f"GATEWAY_{name}": str(value) for name, value in given.items()}
        others = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
        self._environment = {
            **others,
            **own,
            "MALLOC_ARENA_MAX": "2",
            "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'graphql'}",
        }

    def start(self) -> None:
        # A file: a pipe that nobody reads would fill up, and hold up who writes.
        self._log = tempfile.TemporaryFile("w+")  # noqa: SIM115 (`told` closes it)
        self.process = subprocess.Popen(
            self._arguments,
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=self._log,
            start_new_session=True,
        )
        await_status(f"{self.url}/readyz", 200)

    def end(self) -> None:
        """End it, unless that was seen to."""
        if not self._log.closed:
            self.process.terminate()
            self.told()

    def told(self) -> str:
        """What it wrote, once it has ended."""
        self.process.wait(SECONDS)
        with self._log as log:
            log.seek(0)
            return log.read()


@contextmanager
def running(*gateways: Gateway) -> Iterator[None]:
    """Start gateways, and end what is left of them."""
    try:
        for gateway in gateways:
            gateway.start()
        yield
    finally:
        for gateway in gateways:
            gateway.end()


def await_status(url: str, status: int) -> float:
    """Wait until the address answers with a status, and return the seconds that it took."""
    started = time.monotonic()
    while time.monotonic() < started + SECONDS:
        with suppress(httpx.TransportError):
            if httpx.get(url).status_code == status:
                return time.monotonic() - started
        time.sleep(0.02)
    raise AssertionError(f"{url} does not answer {status}")


@contextmanager
def proxy(program: str, folder: Path, gateways: Sequence[Gateway]) -> Iterator[str]:
    """Run nginx or HAProxy in front of gateways, and yield its URL."""
    found = shutil.which(program, path=f"{os.environ['PATH']}{os.pathsep}/usr/sbin")
    if found is None:
        pytest.skip(f"{program} is not installed")
    port = free_port()
    addresses = [f"127.0.0.1:{gateway.port}" for gateway in gateways]
    text, arguments = _haproxy(port, addresses) if program == "haproxy" else _nginx(port, addresses, folder)
    file = folder / f"{program}.conf"
    file.write_text(text)
    with subprocess.Popen([found, *arguments, str(file)], stderr=subprocess.DEVNULL) as process:
        try:
            await_status(f"http://127.0.0.1:{port}/healthz", 200)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def _nginx(port: int, addresses: Sequence[str], folder: Path) -> tuple[str, list[str]]:
    # It only finds out by asking: whoever refuses a connection is passed over, and asked again next time.
    servers = " ".join(f"server {address} max_fails=0;" for address in addresses)
    text = f"""
        pid {folder}/pid; daemon off; worker_processes 1; error_log stderr crit;
        events {{ worker_connections 512; }}
        http {{
            access_log off; client_body_temp_path {folder}/bodies; proxy_temp_path {folder}/proxied;
            fastcgi_temp_path {folder}/1; uwsgi_temp_path {folder}/2; scgi_temp_path {folder}/3;
            upstream gateways {{ {servers} keepalive 16; }}
            map $http_upgrade $connection_upgrade {{ default upgrade; "" ""; }}
            server {{
                listen 127.0.0.1:{port};
                location / {{
                    proxy_pass http://gateways; proxy_http_version 1.1;
                    # Safe for whoever sends idempotency keys: a connection may be closed as nginx sends a request.
                    proxy_next_upstream error timeout non_idempotent;
                    proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade;
                }}
            }}
        }}"""
    return text, ["-e", "stderr", "-c"]


def _haproxy(port: int, addresses: Sequence[str]) -> tuple[str, list[str]]:
    servers = "\n".join(
        f"    server gateway{number} {address} check inter 200ms fall 2 rise 1"
        for number, address in enumerate(addresses)
    )
    text = f"""
defaults
    mode http
    timeout connect 2s
    timeout check 2s
    timeout client 60s
    timeout server 60s
    timeout tunnel 60s
    option redispatch
frontend gateway
    bind 127.0.0.1:{port}
    default_backend gateways
backend gateways
    option httpchk GET /readyz
{servers}
"""
    return text, ["-db", "-q", "-f"]
