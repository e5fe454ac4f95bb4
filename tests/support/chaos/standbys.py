"""Standbys: a primary with two replicas, one of which has all that is acknowledged, and what befalls them."""

import time
from collections.abc import Callable

import psycopg

from gateway.database.migrate import migrate
from tests.support.chaos.load import Load
from tests.support.chaos.processes import Gateway
from tests.support.replication import DATABASE, Server, by_progress

_UNNOTICED = 3.0
"""Seconds until somebody promotes a replica."""


class Standbys:
    """Three servers and a gateway that knows them all. One of them is the primary."""

    def __init__(self, servers: list[Server]) -> None:
        self.primary, *self.replicas = servers
        migrate(self.primary.url)
        for server in servers:
            server.wait_for("ANY 1 (*)")  # of a replica: once it is promoted
        hosts = ",".join(f"127.0.0.1:{server.port}" for server in servers)
        self.gateway = Gateway(
            f"postgresql://postgres@{hosts}/{DATABASE}?target_session_attrs=read-write",
            REPLICA_URLS=" ".join(server.url for server in self.replicas),
            POOL_TIMEOUT=2,
        )

    def connect(self) -> psycopg.Connection:
        """How other programs come to the primary."""
        return psycopg.connect(self.primary.url, autocommit=True)

    def faults(self, load: Load) -> list[Callable[[], str]]:
        """What befalls them in turn: each is called, and says what came of it."""
        return [self._kill_replica, self._start_replica, lambda: self._fail_over(load)]

    def _kill_replica(self) -> str:
        self.replicas[0].kill()
        return "a replica was killed"

    def _start_replica(self) -> str:
        self.replicas[0].start()
        return "it came back"

    def _fail_over(self, load: Load) -> str:
        self.primary.kill()
        time.sleep(_UNNOTICED)
        self.primary, other = by_progress(*self.replicas)
        self.primary.promote()
        other.follow(self.primary)
        return (
            f"the primary was killed, a replica promoted, a write acknowledged {load.await_acknowledged():.1f} s later"
        )
