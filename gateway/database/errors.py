"""The errors of a database, as the rest of the gateway sees them. The driver's messages stay here."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import errors
from psycopg_pool import PoolClosed, PoolTimeout


class DatabaseUnavailable(Exception):
    """The database is away, or has no connection free in time: the same request may work later."""


class OrganizationBusy(DatabaseUnavailable):
    """The organization's own statements hold its share of the connections, and none of them has ended in time."""


class DatabaseNotMigrated(DatabaseUnavailable):
    """The database lacks a table or column of this version: `gateway migrate` has not run yet, or another one has."""


class DatabaseTimeout(Exception):
    """The statement took longer than it may."""


class DatabaseRefused(Exception):
    """The database answers, and does not do what a command asks of it. The text says why."""


class AnswerTooLarge(Exception):
    """The statement finds more than is answered at once."""

    def __init__(self, most: int) -> None:
        """`most` is in bytes."""
        super().__init__(f"This would be answered with more than {most:,} bytes. Ask for less at once.")


class MissingReference(Exception):
    """The row refers to one that the organization does not have."""


class AlreadyThere(Exception):
    """The row's key is another row's."""


@contextmanager
def translated_errors() -> Iterator[None]:
    """Turn the driver's expected errors into the classes above."""
    try:
        yield
    except errors.ForeignKeyViolation as error:
        raise MissingReference from error
    except errors.UniqueViolation as error:
        raise AlreadyThere from error
    except errors.QueryCanceled as error:
        raise DatabaseTimeout from error
    except (errors.UndefinedTable, errors.UndefinedColumn, errors.UndefinedFunction) as error:
        raise DatabaseNotMigrated from error
    except errors.ReadOnlySqlTransaction as error:  # there may be another server that takes writes
        raise DatabaseUnavailable from error
    except (PoolTimeout, PoolClosed, psycopg.OperationalError, psycopg.InterfaceError) as error:
        raise DatabaseUnavailable from error
