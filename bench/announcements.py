"""Announcements: how many messages a second a server commits, by how many writers, and what that depends on.

    python -m bench.announcements

Every writer inserts into a conversation of its own, past the gateway, on a server that flushes to disk. PostgreSQL lets
one transaction that announces commit at a time; docs/scale.md says what can be done.
"""

import threading
import time
from collections.abc import Sequence

import psycopg

from gateway.database.migrate import migrate
from tests.support.organization import Organization
from tests.support.replication import Server, replicated

SECONDS, WRITERS = 4.0, (1, 4, 16)
WORDS = "Good morning, is there anything free on Friday after five? A haircut, please."
INSERT = """INSERT INTO messages (organization_id, conversation_id, role, content)
    SELECT %s, %s, 'user', %s FROM generate_series(1, %s)"""
DEFAULTS = ("wal_sync_method = fdatasync", "synchronous_standby_names = ''")
WAYS: dict[str, tuple[int, Sequence[str], Sequence[str]]] = {
    # Messages a statement, settings of a session, and of the server.
    "silent": (1, ["gateway.bulk = on"], []),
    "announced": (1, [], []),
    "announced, ten a statement": (10, [], []),
    "announced, commit_delay": (1, ["commit_delay = 2000"], []),
    "silent, commit_delay": (1, ["gateway.bulk = on", "commit_delay = 2000"], []),
    "announced, open_datasync": (1, [], ["wal_sync_method = open_datasync"]),
    "announced, not waiting for the disk": (1, ["synchronous_commit = off"], []),
    "announced, waiting for a replica": (1, [], ["synchronous_standby_names = 'ANY 1 (*)'"]),
    "silent, waiting for a replica": (1, ["gateway.bulk = on"], ["synchronous_standby_names = 'ANY 1 (*)'"]),
}


def rate(url: str, writers: int, messages: int, settings: Sequence[str]) -> float:
    """Messages a second."""
    written: list[int] = []

    def write() -> None:
        with psycopg.connect(url, autocommit=True) as connection, Organization(connection, "http://nowhere") as own:
            values = (own.id, own.conversation(), WORDS, messages)
            for setting in settings:
                connection.execute(f"SET {setting}".encode())
            together.wait()
            until, count = time.monotonic() + SECONDS, 0
            while time.monotonic() < until:
                connection.execute(INSERT, values)
                count += messages
            written.append(count)

    together = threading.Barrier(writers)
    threads = [threading.Thread(target=write) for _ in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(written) / SECONDS


def configure(server: Server, settings: Sequence[str]) -> None:
    """Set these, and leave all else as it is."""
    server.execute(*(f"ALTER SYSTEM SET {each}" for each in settings), "SELECT pg_reload_conf()")
    time.sleep(0.5)


def main() -> None:
    """Print a table."""
    with replicated(1) as servers:
        primary = servers[0]
        migrate(primary.url)
        for each in servers:
            configure(each, ["fsync = on", "full_page_writes = on"])
        print(f"{'messages a second by':36}", *(f"{writers:>5} writers" for writers in WRITERS))
        for name, (messages, session, server) in WAYS.items():
            configure(primary, [*DEFAULTS, *server])
            rates = [rate(primary.url, writers, messages, session) for writers in WRITERS]
            print(f"{name:36}", *(f"{each:13,.0f}" for each in rates), flush=True)


if __name__ == "__main__":
    main()
