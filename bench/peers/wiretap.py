"""Counts what a server sends to PostgreSQL: a proxy between the two that reads the protocol as it passes."""

import socket
import struct
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

_LENGTH = struct.Struct("!i")
_RUNS = {b"Q", b"E"}
"""The messages that run something: a simple query, or an extended one's Execute."""


class Wiretap:
    """How many statements have passed; BEGIN, COMMIT and ROLLBACK are statements too."""

    def __init__(self, upstream: tuple[int, str | tuple[str, int]]) -> None:
        self.statements = 0
        self._upstream = upstream

    def serve(self, listener: socket.socket) -> None:
        """Pass on every connection until the listener is closed."""
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                family, address = self._upstream
                server = socket.socket(family)
                server.connect(address)
                for pump in (lambda c=client, s=server: self._count(c, s), lambda c=client, s=server: _copy(s, c)):
                    threading.Thread(target=pump, daemon=True).start()

    def _count(self, client: socket.socket, server: socket.socket) -> None:
        waiting, started = b"", False
        while data := _received(client):
            waiting += data
            while len(waiting) >= (header := 5 if started else 4):
                length = _LENGTH.unpack(waiting[header - 4 : header])[0] + header - 4
                if len(waiting) < length:
                    break
                self.statements += started and waiting[:1] in _RUNS
                waiting, started = waiting[length:], True
            server.sendall(data)
        _end(server)


def _received(source: socket.socket) -> bytes:
    try:
        return source.recv(65536)
    except OSError:
        return b""


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := _received(source):
            target.sendall(data)
    _end(target)
    source.close()


def _end(connection: socket.socket) -> None:
    with suppress(OSError):  # the other side was faster
        connection.shutdown(socket.SHUT_RDWR)  # which also wakes the thread that waits for it


@contextmanager
def wiretap(database_url: str) -> Iterator[tuple[Wiretap, str]]:
    """Yield the counter, and the URL of the database behind it."""
    address = conninfo_to_dict(database_url)
    host, port = str(address.get("host", "127.0.0.1")), int(address.get("port") or 5432)
    if host.startswith("/"):
        upstream: tuple[int, str | tuple[str, int]] = (socket.AF_UNIX, f"{host}/.s.PGSQL.{port}")
    else:
        upstream = (socket.AF_INET, (host, port))
    tap = Wiretap(upstream)
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(Path(folder) / ".s.PGSQL.5432"))
        listener.listen()
        threading.Thread(target=tap.serve, args=(listener,), daemon=True).start()
        user, name = address.get("user", "postgres"), address["dbname"]
        yield tap, f"postgresql://{user}@/{name}?host={folder}&port=5432"
        listener.shutdown(socket.SHUT_RDWR)
