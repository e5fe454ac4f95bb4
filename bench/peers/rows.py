"""A pool of asyncpg's, opened at first use: where to, the environment says (PGHOST and so on)."""

import asyncio
from typing import Any

import asyncpg
import orjson

from bench.peers.statements import POOL_SIZE


async def _no_reset(_: Any) -> None:
    """Spare a round trip: nothing here changes a connection's settings."""


async def _reads_json(connection: Any) -> None:
    await connection.set_type_codec("jsonb", encoder=orjson.dumps, decoder=orjson.loads, schema="pg_catalog")


class Rows:
    """Runs statements, each prepared once a connection."""

    def __init__(self) -> None:
        self._pool: Any = None
        self._opening = asyncio.Lock()

    async def fetch(self, sql: str, *values: object) -> list[Any]:
        """Return the rows of one statement."""
        if self._pool is None:
            await self._open()
        rows: list[Any] = await self._pool.fetch(sql, *values)
        return rows

    async def _open(self) -> None:
        async with self._opening:
            self._pool = self._pool or await asyncpg.create_pool(
                min_size=POOL_SIZE, max_size=POOL_SIZE, init=_reads_json, reset=_no_reset
            )
