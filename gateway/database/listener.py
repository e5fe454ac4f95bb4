"""Listener: the one connection of a process on which PostgreSQL announces what has changed."""

import asyncio
from collections.abc import Callable, Sequence
from typing import NamedTuple
from uuid import UUID

import orjson
import psycopg
import structlog

from gateway.database.address import conninfo

log = structlog.get_logger(__name__)

CHANNEL = "gateway_changes"
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0
"""Seconds between attempts to connect."""


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
        self.connected = False

    async def run(self) -> None:
        """Listen until cancelled."""
        pause = _FIRST_PAUSE
        while True:
            try:
                await self._listen()
            except (psycopg.OperationalError, psycopg.InterfaceError, OSError):
                if self.connected:
                    pause = _FIRST_PAUSE
                    log.warning("the listening connection broke")
            finally:
                self.connected = False
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _listen(self) -> None:
        connection = await psycopg.AsyncConnection.connect(
            conninfo(self._url, "conversations-gateway listener"), autocommit=True
        )
        async with connection:
            await connection.execute(f"LISTEN {CHANNEL}")
            self.connected = True
            self._on_connected()
            async for announcement in connection.notifies():
                self._hear(announcement.payload)

    def _hear(self, payload: str) -> None:
        try:
            change = _read(payload)
        except (ValueError, TypeError, KeyError):
            # Anybody who is let into the database can announce anything.
            log.warning("an announcement could not be read")
            self._on_connected()
        else:
            self._on_change(change)


def _read(payload: str) -> Change:
    values = orjson.loads(payload)
    ids = values["ids"]
    return Change(values["table"], UUID(values["organization"]), None if ids is None else [UUID(id) for id in ids])
