"""The errors that a client may see, each a class with a code. Everything else is masked and logged once."""

from enum import StrEnum
from typing import Any

import structlog
from graphql import GraphQLError

from gateway.auth import Unauthenticated
from gateway.database.errors import DatabaseTimeout, DatabaseUnavailable

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
    TIMEOUT = "TIMEOUT"
    SERVICE_UNAVAILABLE = "SERVICE_UNAVAILABLE"
    INTERNAL = "INTERNAL"


class PublicError(Exception):
    """An error whose text is meant for the client."""

    code = ErrorCode.INTERNAL


class BadUserInput(PublicError):
    """The request is well formed, but asks for what cannot be."""

    code = ErrorCode.BAD_USER_INPUT


class Forbidden(PublicError):
    """The token lacks the scope."""

    code = ErrorCode.FORBIDDEN


def public(error: Exception) -> tuple[ErrorCode, str]:
    """Say what the client is told about an exception. What it is not told is logged here."""
    match error:
        case PublicError():
            return error.code, str(error)
        case Unauthenticated():
            return ErrorCode.UNAUTHENTICATED, str(error)
        case DatabaseUnavailable():
            return ErrorCode.SERVICE_UNAVAILABLE, "The database does not answer. Try again later."
        case DatabaseTimeout():
            return ErrorCode.TIMEOUT, "This took longer than it may."
        case _:
            log.error("internal error", exc_info=error)
            return ErrorCode.INTERNAL, "Something went wrong here. It has been logged with this request's id."


def formatted(error: GraphQLError) -> dict[str, Any]:
    """Give an error of an operation the form that its specification has, with a code."""
    answer: dict[str, Any] = dict(error.formatted)
    extensions = dict(answer.get("extensions") or {})
    cause = error.original_error
    if cause is not None and not isinstance(cause, GraphQLError):
        extensions["code"], answer["message"] = public(cause)
    elif "code" not in extensions:
        # Without a cause, graphql-core itself found the client's fault: a variable or argument of a wrong value.
        extensions["code"] = ErrorCode.BAD_USER_INPUT
    answer["extensions"] = extensions
    return answer
