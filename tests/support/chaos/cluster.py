"""Cluster: a PostgreSQL to be killed and started, which keeps what it acknowledged; a road to it that outlives it."""

from contextlib import ExitStack
from pathlib import Path
from typing import Self

import psycopg

from gateway.database.migrate import migrate
from gateway.embedded import embedded_postgres
from tests.support.road import Road
from tests.support.server import kill_postgres


class Cluster:
    """One server, migrated, and the road to it: `url` stays when the server comes back elsewhere."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self.own_url = self._stack.enter_context(embedded_postgres(self._data))
        migrate(self.own_url)
        self.road = self._stack.enter_context(Road(self.own_url))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def url(self) -> str:
        return self.road.url

    def connect(self) -> psycopg.Connection:
        """How other programs come in, past the road."""
        return psycopg.connect(self.own_url, autocommit=True)

    def kill(self) -> None:
        """SIGKILL to every process of the server at once, as when memory runs out."""
        kill_postgres(self._data / "cluster")

    def start(self) -> None:
        """Start it again: it recovers, and listens at another address."""
        with embedded_postgres(self._data) as self.own_url:
            self.road.lead_to(self.own_url)
