"""A primary and its replicas: real servers, by streaming replication."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import psycopg

from tests.support.server import free_port, kill_postgres, postgres_program

DATABASE = "gateway"
_SETTINGS = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = '{folder}'
fsync = off
full_page_writes = off
max_connections = 100
shared_buffers = 16MB
wal_receiver_status_interval = 1s
"""


class Server:
    """One PostgreSQL, stopped until it is started."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"postgresql://postgres@127.0.0.1:{self.port}/{DATABASE}"
        self._account = pwd.getpwnam("nobody") if os.geteuid() == 0 else None

    @classmethod
    def made(cls, folder: Path) -> Self:
        """An empty one."""
        server = cls(folder)
        server._run("initdb", "-D", "data", "-U", "postgres", "-A", "trust", "--no-sync", "--encoding=UTF8")
        server._configure()
        return server

    def replica(self, folder: Path) -> "Server":
        """Another one, which follows this one, running."""
        server = Server(folder)
        server._run("pg_basebackup", "-D", "data", "-R", "-X", "stream", "-c", "fast", "--no-sync", "-d", self.address)
        server._configure()
        return server

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self._run("pg_ctl", "-D", "data", "-l", "log", "-w", "start")

    def stop(self, mode: str = "immediate") -> None:
        """Stop it: at once, like a crash, or `fast`."""
        self._run("pg_ctl", "-D", "data", "-m", mode, "-w", "stop")

    def kill(self) -> None:
        """SIGKILL to every process of it at once, as when memory runs out."""
        kill_postgres(self.folder / "data")
        (self.folder / "data" / "postmaster.pid").unlink()

    def promote(self) -> None:
        """Make a replica a primary."""
        self._run("pg_ctl", "-D", "data", "-w", "promote")

    def follow(self, other: "Server") -> None:
        """Follow another primary than before."""
        self.execute(f"ALTER SYSTEM SET primary_conninfo = '{other.address}'", "SELECT pg_reload_conf()")

    def execute(self, *statements: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Run statements, each its own transaction; return the last one's rows."""
        with psycopg.connect(self.url.replace(f"/{DATABASE}", f"/{database}"), autocommit=True) as connection:
            for statement in statements:
                cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def wait_for(self, standbys: str, level: str = "on") -> None:
        """Acknowledge nothing before these standbys have it: `on` their disks, or `remote_apply`."""
        self.execute(
            f"ALTER SYSTEM SET synchronous_standby_names = '{standbys}'",
            f"ALTER SYSTEM SET synchronous_commit = '{level}'",
            "SELECT pg_reload_conf()",
        )

    def local_url(self, user: str = "postgres") -> str:
        """The same database by the server's socket."""
        return f"postgresql://{user}@/{DATABASE}?host={self.folder}&port={self.port}"

    @property
    def address(self) -> str:
        """How others connect to it."""
        return f"host=127.0.0.1 port={self.port} user=postgres"

    def _configure(self) -> None:
        with (self.folder / "data" / "postgresql.conf").open("a") as file:
            file.write(_SETTINGS.format(port=self.port, folder=self.folder))

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [postgres_program(program), *arguments],
            cwd=self.folder,
            env={**os.environ, "LC_ALL": "C"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            user=self._account and self._account.pw_uid,
            group=self._account and self._account.pw_gid,
            extra_groups=self._account and [],
            check=False,
        )
        assert done.returncode == 0, done.stderr

    @property
    def runs(self) -> bool:
        """Whether it was started, and neither stopped nor killed."""
        return (self.folder / "data" / "postmaster.pid").exists()


def by_progress(*replicas: Server) -> list[Server]:
    """The replicas, the one that has received most first."""
    received = "SELECT (pg_last_wal_receive_lsn() - '0/0'::pg_lsn)::text"
    return sorted(replicas, key=lambda each: int(str(each.execute(received)[0][0])), reverse=True)


@contextmanager
def replicated(replicas: int) -> Iterator[list[Server]]:
    """Run a primary and some replicas of it: the primary is the first."""
    # Not pytest's folders: who runs PostgreSQL is not root, and a socket's path is short.
    root = Path(tempfile.mkdtemp(prefix="gateway-replicas-"))
    root.chmod(0o755)
    servers: list[Server] = []
    try:
        primary = Server.made(_folder(root, 0))
        servers.append(primary)
        primary.start()
        primary.execute(
            f"CREATE DATABASE {DATABASE} TEMPLATE template0 LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'"
        )
        for number in range(1, replicas + 1):
            servers.append(primary.replica(_folder(root, number)))
            servers[-1].start()
        yield servers
    finally:
        for server in servers:
            if server.runs:
                server.stop()
        shutil.rmtree(root)


def _folder(root: Path, number: int) -> Path:
    folder = root / str(number)
    folder.mkdir()
    if os.geteuid() == 0:
        account = pwd.getpwnam("nobody")
        os.chown(folder, account.pw_uid, account.pw_gid)
    return folder
