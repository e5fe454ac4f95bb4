"""The SQL that peers on plain rows share, and the floors' own."""

import os
from pathlib import Path

POOL_SIZE = int(os.environ["BENCH_POOL_SIZE"])
"""Connections, as many as every server may open."""


def statement(name: str) -> str:
    """Read sql/<name>.sql."""
    return (Path(__file__).parent / "sql" / f"{name}.sql").read_text()
