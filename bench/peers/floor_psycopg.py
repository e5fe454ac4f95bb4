"""The floor on psycopg: its pool, raw cursors, statements prepared at once, values in binary form."""

import asyncio
from collections.abc import Sequence
from typing import Any

from psycopg import AsyncConnection, AsyncRawCursor
from psycopg_pool import AsyncConnectionPool

from bench.peers.floor import floor
from bench.peers.statements import POOL_SIZE

pool: AsyncConnectionPool[AsyncConnection[Any]] = AsyncConnectionPool(
    "", kwargs={"autocommit": True, "cursor_factory": AsyncRawCursor}, max_size=POOL_SIZE, open=False
)
_opening = asyncio.Lock()


async def fetch(sql: str, values: Sequence[object]) -> str:
    if pool.closed:
        async with _opening:
            await pool.open()
    async with pool.connection() as connection:
        cursor = await connection.cursor(binary=True).execute(sql, values, prepare=True)
        text: str = (await cursor.fetchall())[0][0]
        return text


app = floor(fetch)
