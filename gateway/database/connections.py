"""Connections: psycopg's pool, with a fast path: an idle connection is taken and given back without its queue.

    connection = pool.take() or await pool.getconn()
    try:
        rows = await connection.rows(statement, parameters)
    finally:
        if not pool.gave_back(connection):
            await pool.putconn(connection)

Neither awaits anything, so neither needs the pool's lock.
"""

from time import monotonic

from psycopg.pq import ConnStatus, TransactionStatus
from psycopg_pool import AsyncConnectionPool
from psycopg_pool.pool_async import AddConnection

from gateway.database.wire import Connection

_OK, _IDLE = ConnStatus.OK, TransactionStatus.IDLE


class Connections(AsyncConnectionPool[Connection]):
    """psycopg's pool, which makes, replaces and closes connections, with a fast path to idle ones."""

    def take(self) -> Connection | None:
        """Take the idle connection that was used last; None if there is none. Broken ones are replaced."""
        while self._pool:
            connection = self._pool.pop()
            self._nconns_min = min(self._nconns_min, len(self._pool))
            if connection.pgconn.status == _OK:
                connection._pool = self  # noqa: SLF001 (psycopg's pool marks what is its own like this)
                return connection
            self.run_task(AddConnection(self))
        return None

    def gave_back(self, connection: Connection) -> bool:
        """Give back a connection. False: do it by `putconn`, because others wait, or it must not be used again."""
        if (
            self._waiting
            or self._closed
            or connection.pgconn.transaction_status != _IDLE
            or connection._expire_at <= monotonic()  # noqa: SLF001 (likewise)
            or connection._created_at <= self._drained_at  # noqa: SLF001 (likewise)
        ):
            return False
        connection._pool = None  # noqa: SLF001 (likewise)
        self._pool.append(connection)
        return True
