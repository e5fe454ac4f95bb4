"""How a command ends that cannot go on: with one clear line on standard error, and an exit code."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NoReturn
from urllib.parse import urlsplit

import typer
from pydantic import ValidationError

from gateway.database.chunks import ImportFailed
from gateway.database.errors import DatabaseTimeout, DatabaseUnavailable
from gateway.database.refusals import DatabaseRefused
from gateway.embedded import EmbeddedPostgresError
from gateway.settings import Settings, read_settings

FAILED = 1
WRONG_SETTINGS = 2


def fail(reason: str, code: int = FAILED) -> NoReturn:
    typer.echo(f"gateway: {reason}", err=True)
    raise typer.Exit(code)


def settings_with(*needed: str) -> Settings:
    """Read the settings; end the program where one is wrong, or a needed one is missing."""
    try:
        settings = read_settings()
    except ValidationError as error:
        wrong = error.errors()[0]
        fail(f"{_variable(wrong['loc'][0])} {wrong['msg'].removeprefix('Value error, ')}", WRONG_SETTINGS)
    for name in needed:
        if not getattr(settings, name):
            fail(f"{_variable(name)} is not set", WRONG_SETTINGS)
    if "database_url" in needed and not _is_database_url(settings.database_url):
        fail("GATEWAY_DATABASE_URL is not like postgresql://user@host/name", WRONG_SETTINGS)
    return settings


def _variable(name: object) -> str:
    return f"GATEWAY_{name}".upper()


def _is_database_url(url: str) -> bool:
    with suppress(ValueError):  # the port is no number
        parts = urlsplit(url)
        return parts.scheme in {"postgresql", "postgres"} and parts.port != 0
    return False


@contextmanager
def told_failures() -> Iterator[None]:
    """End the program with one clear line where something expected goes wrong."""
    try:
        yield
    except (ImportFailed, DatabaseRefused, EmbeddedPostgresError) as error:
        fail(str(error))
    except DatabaseUnavailable:
        fail("the database at GATEWAY_DATABASE_URL does not answer, or does not let us in")
    except DatabaseTimeout:
        fail("the database has stopped a statement that took too long")
    except BrokenPipeError:
        raise
    except OSError as error:
        fail(f"{error.filename or 'the system'}: {error.strerror or error}")
