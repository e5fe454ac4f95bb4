"""The SQL that peers on plain rows share, and the floors' own."""

from pathlib import Path

POOL_SIZE = 10


def statement(name: str) -> str:
    """Read sql/<name>.sql."""
    return (Path(__file__).parent / "sql" / f"{name}.sql").read_text()
