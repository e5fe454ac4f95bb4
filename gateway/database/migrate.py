"""Brings a database's tables to this version, and says which version they have."""

from functools import partial
from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import NullPool, create_engine, text

from gateway.database.citus import allow_triggers, distribute
from gateway.database.positions import mend_positions
from gateway.database.row_security import wall, walled_roles

_LOCK = 0x676174657761  # one migration at a time, whoever starts it: "gatewa" in ASCII


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    return config


def newest_version() -> str:
    """The version that this program's tables have."""
    version = ScriptDirectory.from_config(_config()).get_current_head()
    assert version is not None  # noqa: S101 (the package carries its migrations)
    return version


def is_later(version: str) -> bool:
    """Say whether a database's version is one that this program does not know yet, but a later one does."""
    return version.isdecimal() and version > newest_version()


def migrate(database_url: str, role: str | None = None, *, citus: bool = False) -> int:
    """Make or change the tables in the connection's default schema. Safe to repeat, and to run twice at once.

    `role`, and all roles that were limited before, are limited to one organization by row-level security, on new tables
    too. With `citus` the tables are distributed over its nodes.
    Returns how many messages had positions of another server, as after a restore; they are repaired. All steps commit
    together, or none does. Raises DatabaseRefused, and SQLAlchemy's `DBAPIError` where the database refuses.
    """
    # The driver reads the URL, as it does for the pool: SQLAlchemy has other rules for some of its characters.
    connect = partial(psycopg.connect, database_url, client_encoding="utf8")  # whatever the environment says
    engine = create_engine("postgresql+psycopg://", creator=connect, poolclass=NullPool)
    config = _config()
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        allow_triggers(connection)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        for walled in sorted(walled_roles(connection) | ({role} if role else set())):
            wall(connection, walled)
        return 0 if distribute(connection, asked=citus) else mend_positions(connection)
