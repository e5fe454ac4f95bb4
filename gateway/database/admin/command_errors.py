"""Command errors: what the driver reports to a command, in words for the operator who runs it."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import errors
from sqlalchemy.exc import DBAPIError

from gateway.database.errors import DatabaseRefused, translated_errors

_REASONS: dict[type[BaseException], str] = {
    errors.UndefinedTable: "it has no tables of the gateway, run `gateway migrate`",
    errors.UndefinedColumn: "its tables are of another version, run `gateway migrate`",
    errors.InsufficientPrivilege: "its user may not do that",
    errors.ReadOnlySqlTransaction: "it is read-only",
    errors.ForeignKeyViolation: "another program deletes the same rows at the same time",
}


@contextmanager
def command_errors() -> Iterator[None]:
    """Turn every error of the driver into DatabaseRefused, DatabaseUnavailable or DatabaseTimeout."""
    with translated_errors():
        try:
            yield
        except DBAPIError as error:  # SQLAlchemy's, around the driver's: migrations run on it
            raise _explained(error.orig or error) from None
        except psycopg.Error as error:
            raise _explained(error) from None


def _explained(error: BaseException) -> BaseException:
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return error
    reason = _REASONS.get(type(error), f"its error code is {getattr(error, 'sqlstate', None)}")
    return DatabaseRefused(f"the database refuses: {reason}")
