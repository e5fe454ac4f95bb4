"""Listener: the connection of a process on which PostgreSQL announces what changed (NOTIFY); on Citus, one a node."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from time import monotonic
from typing import NamedTuple
from uuid import UUID, uuid4

import orjson
import psycopg
import structlog
from psycopg.pq import ConnStatus
from psycopg.pq.abc import PGconn
from sqlalchemy import Text, bindparam, func, literal_column, select

from gateway.database.address import conninfo
from gateway.database.citus import addresses_of_nodes
from gateway.database.pool import Database
from gateway.database.statements import Statement, scalar

log = structlog.get_logger(__name__)

CHANNEL = "gateway_changes"
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0
"""Seconds between attempts to connect."""
_SAME_NODES = 30.0
"""Seconds that a cluster is thought to have the same nodes."""

_ANNOUNCE: Statement[None] = Statement(
    select(func.pg_notify(bindparam("channel", type_=Text), literal_column("''"))), scalar
)


class Change(NamedTuple):
    """Rows of one organization changed. `ids` is None where they are too many to name."""

    table: str
    organization_id: UUID
    ids: Sequence[UUID] | None


class Listener:
    """Passes announcements on for as long as it runs, and connects anew whenever the connection breaks."""

    def __init__(self, url: str, on_change: Callable[[Change], None], on_connected: Callable[[], None]) -> None:
        """`on_connected` is called whenever listening begins: what happened before may have gone unheard."""
        self._url = url
        self._on_change = on_change
        self._on_connected = on_connected
        self._own = f"gateway_listener_{uuid4().hex}"
        self._asked_at: float | None = None
        self._lag = 0.0
        self.connected = False

    @property
    def lag(self) -> float:
        """Seconds by which announcements are late, as of the last `ask`."""
        return self._lag if self._asked_at is None else max(self._lag, monotonic() - self._asked_at)

    async def ask(self, database: Database) -> None:
        """Measure the lag: announce something on a channel of its own. Raises what running a statement does."""
        if self.connected and self._asked_at is None:
            self._asked_at = monotonic()
            await database.on_primary(_ANNOUNCE, {"channel": self._own})

    async def run(self) -> None:
        """Listen until cancelled."""
        pause = _FIRST_PAUSE
        while True:
            try:
                await self._listen()
            except* (psycopg.OperationalError, psycopg.InterfaceError, OSError):
                if self.connected:
                    pause = _FIRST_PAUSE
                    log.warning("the listening connection broke")
            finally:
                self.connected, self._asked_at = False, None
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _listen(self) -> None:
        """Listen to the server and to all nodes that it names, until these are others or a connection breaks."""
        address = conninfo(self._url, "conversations-gateway listener")
        async with await _connected(address) as connection:
            nodes = await addresses_of_nodes(connection, address)
            async with asyncio.TaskGroup() as listening:
                others = [listening.create_task(self._listen_to(node)) for node in nodes]
                await connection.execute(f"LISTEN {self._own}".encode())
                self.connected = True
                await self._begin(connection)
                while nodes == await addresses_of_nodes(connection, address):
                    await self._hear_all(connection.pgconn, _SAME_NODES if nodes else None)
                for task in others:
                    task.cancel()

    async def _listen_to(self, address: str) -> None:
        async with await _connected(address) as connection:
            await self._begin(connection)
            await self._hear_all(connection.pgconn)

    async def _begin(self, connection: psycopg.AsyncConnection) -> None:
        # For notifications that arrive with a command's result, which psycopg reads.
        connection.add_notify_handler(lambda announcement: self._take(announcement.channel, announcement.payload))
        await connection.execute(f"LISTEN {CHANNEL}")
        self._on_connected()

    async def _hear_all(self, pgconn: PGconn, seconds: float | None = None) -> None:
        """Read for so long, or until the connection breaks. One reader serves all the while."""
        loop, socket = asyncio.get_running_loop(), pgconn.socket
        broken: asyncio.Future[None] = loop.create_future()

        def read() -> None:
            error: psycopg.OperationalError | None = None
            try:
                pgconn.consume_input()
            except psycopg.OperationalError as raised:
                error = raised
            while announcement := pgconn.notifies():
                self._take(announcement.relname.decode(), announcement.extra.decode())
            if error is None and pgconn.status != ConnStatus.OK:  # libpq raises nothing where it cannot read
                error = psycopg.OperationalError("the server sent what is not of its protocol")
            if error and not broken.done():
                loop.remove_reader(socket)  # at once: libpq has closed it, and its number is soon another's
                broken.set_exception(error)

        loop.add_reader(socket, read)
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await broken
        finally:
            if broken.cancelled():  # by time, or with the task: the connection holds
                loop.remove_reader(socket)

    def _take(self, channel: str, payload: str) -> None:
        if channel == CHANNEL:
            self._hear(payload)
        elif self._asked_at is not None:
            self._lag, self._asked_at = monotonic() - self._asked_at, None

    def _hear(self, payload: str) -> None:
        try:
            change = _read(payload)
        except (ValueError, TypeError, KeyError):
            # Every user of the database can announce anything.
            log.warning("an announcement could not be read")
            self._on_connected()
        else:
            self._on_change(change)


async def _connected(address: str) -> psycopg.AsyncConnection:
    return await psycopg.AsyncConnection.connect(address, autocommit=True)


def _read(payload: str) -> Change:
    values = orjson.loads(payload)
    ids = values["ids"]
    return Change(values["table"], UUID(values["organization"]), None if ids is None else [UUID(id) for id in ids])
