"""What can go wrong with a database, as the rooms above see it. The driver's words stay here."""


class DatabaseUnavailable(Exception):
    """The database is away, or has no connection free in time: the same request may work later."""


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
