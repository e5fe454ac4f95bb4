"""Results: what the server returns for a statement, or the driver's error."""

import psycopg
from psycopg import errors, pq
from psycopg.pq.abc import PGresult

_QUOTING = {"22", "P0"}
"""Classes of errors (of data, of foreign triggers) whose messages may quote values: they are never logged."""

_DONE = {pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK}


class NoAnswer(psycopg.OperationalError):
    """The server neither answers nor stops the statement."""


def is_good(result: PGresult) -> bool:
    """Say whether a statement did what it was to do."""
    return result.status in _DONE


def checked(results: list[PGresult]) -> list[PGresult]:
    """Answer results, the last of which is good. Raises psycopg's error, without details: those may quote a row."""
    result = results[-1]
    if not is_good(result):
        state = (result.error_field(pq.DiagnosticField.SQLSTATE) or b"").decode()
        message = result.error_field(pq.DiagnosticField.MESSAGE_PRIMARY) or b""
        raise _error_class(state)(state if state[:2] in _QUOTING else message.decode(errors="replace"))
    return results


def _error_class(state: str) -> type[psycopg.Error]:
    try:
        return errors.lookup(state)
    except KeyError:
        return psycopg.OperationalError if state[:2] in {"08", "53", "57", "58", ""} else psycopg.DatabaseError
