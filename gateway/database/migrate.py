"""Brings a database's tables to this version, and says which version they have."""

from functools import partial
from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import NullPool, create_engine, text

VERSION_TABLE = "gateway_migrations"
"""Not Alembic's default name: other programs of the same database may use Alembic as well."""

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


def migrate(database_url: str) -> None:
    """Make or change the tables in the connection's default schema. Safe to repeat, and to run twice at once.

    All steps commit together, or none does. Raises SQLAlchemy's `DBAPIError` where the database refuses.
    """
    # The driver reads the URL, as it does for the pool: SQLAlchemy has other rules for some of its characters.
    engine = create_engine("postgresql+psycopg://", creator=partial(psycopg.connect, database_url), poolclass=NullPool)
    config = _config()
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
