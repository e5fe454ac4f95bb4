"""The errors that a client may see, each a class with a code. Everything else is masked and logged once."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

import structlog
from graphql import GraphQLError, OperationType

from gateway.auth import Unauthenticated
from gateway.budget import Throttled
from gateway.database.errors import AnswerTooLarge, DatabaseNotMigrated, DatabaseTimeout, DatabaseUnavailable

log = structlog.get_logger(__name__)


class ErrorCode(StrEnum):
    """What `extensions.code` can be."""

    UNAUTHENTICATED = "UNAUTHENTICATED"
    FORBIDDEN = "FORBIDDEN"
    NOT_FOUND = "NOT_FOUND"
    BAD_USER_INPUT = "BAD_USER_INPUT"
    GRAPHQL_PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
    GRAPHQL_VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
    QUERY_TOO_COMPLEX = "QUERY_TOO_COMPLEX"
    THROTTLED = "THROTTLED"
    PERSISTED_QUERY_NOT_FOUND = "PERSISTED_QUERY_NOT_FOUND"
    PERSISTED_QUERY_REQUIRED = "PERSISTED_QUERY_REQUIRED"
    TIMEOUT = "TIMEOUT"
    SERVICE_UNAVAILABLE = "SERVICE_UNAVAILABLE"
    INTERNAL = "INTERNAL"


class PublicError(Exception):
    """An error whose text is meant for the client."""

    code = ErrorCode.INTERNAL


class BadUserInput(PublicError):
    """The request is well formed, but cannot be done as asked."""

    code = ErrorCode.BAD_USER_INPUT


_WAYS = {  # a query goes over every transport
    OperationType.MUTATION: "A mutation is run by POST.",
    OperationType.SUBSCRIPTION: "A subscription is run over a WebSocket, or by POST with `Accept: text/event-stream`.",
}


class OperationNotAllowed(BadUserInput):
    """An operation of this type cannot be run over this transport."""

    def __init__(self, operation: OperationType) -> None:
        super().__init__(_WAYS[operation])


class NotFound(PublicError):
    """The organization has no such thing."""

    code = ErrorCode.NOT_FOUND


class Forbidden(PublicError):
    """The token lacks the scope."""

    code = ErrorCode.FORBIDDEN


_CODES: Mapping[type[Exception], ErrorCode] = {
    Unauthenticated: ErrorCode.UNAUTHENTICATED,
    Throttled: ErrorCode.THROTTLED,
    AnswerTooLarge: ErrorCode.QUERY_TOO_COMPLEX,
}


def public(error: Exception) -> tuple[ErrorCode, str]:
    """Return the code and message that the client gets for an exception. Unexpected ones are logged here."""
    match error:
        case PublicError():
            return error.code, str(error)
        case Unauthenticated() | Throttled() | AnswerTooLarge():
            return _CODES[type(error)], str(error)
        case DatabaseUnavailable():
            if isinstance(error, DatabaseNotMigrated):
                log.error(
                    "the database's tables are not of this version: run `gateway migrate`", reason=str(error.__cause__)
                )
            return ErrorCode.SERVICE_UNAVAILABLE, "The database is not available. Try again later."
        case DatabaseTimeout() | TimeoutError():
            return ErrorCode.TIMEOUT, "This took longer than it may."
        case _:
            log.error("internal error", exc_info=error)
            return ErrorCode.INTERNAL, "Something went wrong here. It has been logged with this request's id."


def formatted(errors: Sequence[GraphQLError]) -> list[dict[str, Any]]:
    """Give an operation's errors the form that its specification has, with codes.

    Many errors may have one cause, as when a batch fails for all its parents: it is logged once.
    """
    causes = {id(cause): cause for error in errors if (cause := _cause(error))}
    known = {key: public(cause) for key, cause in causes.items()}
    for error in (*errors, *causes.values()):
        error.__traceback__ = None  # its frames hold the list that holds it, and with it all of the request
    return [_formatted(error, known.get(id(error.original_error))) for error in errors]


def _cause(error: GraphQLError) -> Exception | None:
    """What our own code raised. None where graphql-core found the client's fault, as in a variable's value."""
    cause = error.original_error
    return None if isinstance(cause, GraphQLError) or "code" in (error.extensions or {}) else cause


def _formatted(error: GraphQLError, known: tuple[ErrorCode, str] | None) -> dict[str, Any]:
    code, message = known or (ErrorCode.BAD_USER_INPUT, error.message)
    extensions = {"code": code, **(error.extensions or {})}
    return {**error.formatted, "message": message, "extensions": extensions}
