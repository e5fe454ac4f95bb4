"""Fills a database for the benchmarks: 60,000 conversations, 900,000 messages, 20,000 leads.

python bench/seed.py DATABASE_URL
"""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from gateway.database.migrate import migrate
from gateway.embedded import embedded_postgres
from tests.support.volume import Volume, fill, organization_ids

VOLUME = Volume(leads=20_000, conversations=60_000, messages=900_000)
BIG_ORGANIZATION = organization_ids(VOLUME)[0]
"""Two thirds of everything are its."""


def seed(database_url: str) -> None:
    """Make the tables and the rows, unless the database has them."""
    migrate(database_url)
    with psycopg.connect(database_url, autocommit=True) as connection:
        if connection.execute("SELECT FROM messages LIMIT 1").fetchone() is None:
            fill(connection, VOLUME)


@contextmanager
def seeded(database_url: str | None) -> Iterator[str]:
    """Yield the URL of a database with the rows: of the named one, or of one that goes away again."""
    if database_url:
        seed(database_url)
        yield database_url
        return
    with TemporaryDirectory() as folder, embedded_postgres(Path(folder) / "data", durable=False) as url:
        seed(url)
        yield url


if __name__ == "__main__":
    started = time.perf_counter()
    seed(sys.argv[1])
    print(f"{VOLUME} in {time.perf_counter() - started:.0f} s")
    print(f"the biggest organization: {BIG_ORGANIZATION}")
