"""PgBouncer before a database: few connections to the server, shared by transaction among many clients."""

import os
import pwd
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from psycopg.conninfo import conninfo_to_dict

from tests.support.server import answers, free_port
from tests.support.waiting import until

PROGRAM = os.environ.get("GATEWAY_TEST_PGBOUNCER") or shutil.which("pgbouncer")
_PREPARES_FROM = (1, 21)
_CONFIGURATION = """
[databases]
* = host={host} port={server_port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = trust
auth_file = {folder}/users
pool_mode = {mode}
default_pool_size = 3
max_client_conn = 200
ignore_startup_parameters = {ignored}
{prepared}
"""


class Pooler(NamedTuple):
    """Where it is, and whether statements can be prepared through it."""

    url: str
    prepares: bool


@contextmanager
def pooled(
    database_url: str, mode: str = "transaction", ignored: str = "options,statement_timeout,lock_timeout"
) -> Iterator[Pooler]:
    """Run PgBouncer before a database's server; `ignored` are startup parameters."""
    assert PROGRAM is not None
    version = re.search(r"PgBouncer (\d+)\.(\d+)", subprocess.check_output([PROGRAM, "--version"], text=True))
    assert version is not None
    prepares = (int(version[1]), int(version[2])) >= _PREPARES_FROM
    server, port = conninfo_to_dict(database_url), free_port()
    account = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        configuration = Path(folder, "pgbouncer.ini")
        configuration.write_text(
            _CONFIGURATION.format(
                host=server["host"],
                server_port=server["port"],
                port=port,
                folder=folder,
                mode=mode,
                ignored=ignored,
                prepared="max_prepared_statements = 20" if prepares else "",
            )
        )
        user = server.get("user", "postgres")
        Path(folder, "users").write_text(f'"{user}" ""\n')
        url = f"postgresql://{user}@127.0.0.1:{port}{urlsplit(database_url).path}"
        command = [PROGRAM, "-q", str(configuration)]
        with subprocess.Popen(command, user=account and account.pw_uid, stderr=subprocess.DEVNULL) as process:
            try:
                until(lambda: answers(url))
                yield Pooler(url, prepares)
            finally:
                process.terminate()
