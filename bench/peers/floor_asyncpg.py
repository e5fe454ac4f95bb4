"""The floor on asyncpg."""

from collections.abc import Sequence

from bench.peers.floor import floor
from bench.peers.rows import Rows

rows = Rows()


async def fetch(sql: str, values: Sequence[object]) -> str:
    text: str = (await rows.fetch(sql, *values))[0][0]
    return text


app = floor(fetch)
