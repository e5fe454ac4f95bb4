"""Exits: how a command fails: with one clear line on standard error, and an exit code."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer
from pydantic import ValidationError

from gateway.database.address import is_address
from gateway.database.admin.chunks import ImportFailed
from gateway.database.errors import DatabaseRefused, DatabaseTimeout, DatabaseUnavailable
from gateway.embedded import EmbeddedPostgresError
from gateway.settings import PREFIX, Settings, read_settings

FAILED = 1
WRONG_SETTINGS = 2
WRONG_URL = "is not like postgresql://user@host/name"
_URLS = ("database_url", "direct_url", "replica_urls")


def fail(reason: str, code: int = FAILED) -> NoReturn:
    """End the program, saying why."""
    typer.echo(f"gateway: {reason}", err=True)
    raise typer.Exit(code)


def settings_with(*needed: str) -> Settings:
    """Read the settings; end the program where one is wrong, or a needed one is missing."""
    try:
        settings = read_settings()
    except ValidationError as error:
        fail(wrong_settings(error)[0], WRONG_SETTINGS)
    for name in needed:
        if not getattr(settings, name):
            fail(f"{_variable(name)} is not set", WRONG_SETTINGS)
    for name in _URLS if "database_url" in needed else ():
        if not all(map(is_address, getattr(settings, name).split())):
            fail(f"{_variable(name)} {WRONG_URL}", WRONG_SETTINGS)
    return settings


def wrong_settings(error: ValidationError) -> list[str]:
    """Say which settings are wrong, and why. Their values are not shown: some are secrets."""
    return [f"{_variable(each['loc'][0])} {each['msg'].removeprefix('Value error, ')}" for each in error.errors()]


def _variable(name: object) -> str:
    return f"{PREFIX}{name}".upper()


@contextmanager
def reported_failures() -> Iterator[None]:
    """End the program with one clear line where something expected goes wrong."""
    try:
        yield
    except (ImportFailed, DatabaseRefused, EmbeddedPostgresError) as error:
        fail(str(error))
    except DatabaseUnavailable:
        fail("the database does not answer, or does not let us in: `gateway doctor` says why")
    except DatabaseTimeout:
        fail("the database has stopped a statement that took too long")
    except BrokenPipeError:
        raise
    except OSError as error:
        fail(f"{error.filename or 'the system'}: {error.strerror or error}")
