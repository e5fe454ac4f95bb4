"""Errors as the legacy API has them: `{"detail": ...}`, a text or a list of what is wrong where."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from gateway_graphql.errors import ErrorCode, PublicError, public

STATUS = {
    ErrorCode.UNAUTHENTICATED: HTTPStatus.UNAUTHORIZED,
    ErrorCode.FORBIDDEN: HTTPStatus.FORBIDDEN,
    ErrorCode.NOT_FOUND: HTTPStatus.NOT_FOUND,
    ErrorCode.BAD_USER_INPUT: HTTPStatus.UNPROCESSABLE_ENTITY,
    ErrorCode.TIMEOUT: HTTPStatus.GATEWAY_TIMEOUT,
    ErrorCode.SERVICE_UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
}
HEADERS = {
    HTTPStatus.UNAUTHORIZED: {"WWW-Authenticate": "Bearer"},
    HTTPStatus.SERVICE_UNAVAILABLE: {"Retry-After": "1"},
}


class NotFound(PublicError):
    """There is no such row, or it is another organization's: which of the two is not told."""

    code = ErrorCode.NOT_FOUND


class InvalidRequest(Exception):
    """Parameters that are missing or wrong: for each of them type, loc, msg, input and maybe ctx."""

    def __init__(self, detail: Sequence[Mapping[str, Any]]) -> None:
        super().__init__("invalid request")
        self.detail = detail


class UnreadableBody(HTTPException):
    """The body cannot be read at all."""

    def __init__(self) -> None:
        super().__init__(HTTPStatus.BAD_REQUEST, "There was an error parsing the body")


def error_response(error: Exception) -> Response:
    """Make the answer that tells of an exception. What it does not tell is logged."""
    match error:
        case HTTPException():
            return _response(error.status_code, error.detail, error.headers)
        case InvalidRequest():
            return _invalid(error)
    code, message = public(error)
    status = STATUS.get(code, HTTPStatus.INTERNAL_SERVER_ERROR)
    masked = status is HTTPStatus.INTERNAL_SERVER_ERROR
    return _response(status, status.phrase if masked else message, HEADERS.get(status))


def _invalid(error: InvalidRequest) -> Response:
    try:
        return _response(HTTPStatus.UNPROCESSABLE_ENTITY, error.detail)
    except RecursionError:  # what was sent is nested as deep as can just be read
        return error_response(UnreadableBody())


def _response(status: int, detail: object, headers: Mapping[str, str] | None = None) -> Response:
    # What was sent is told back. orjson would neither write large integers nor half a surrogate pair.
    content = json.dumps({"detail": detail}, ensure_ascii=False, separators=(",", ":"))
    return Response(content.encode(errors="backslashreplace"), int(status), headers, "application/json")


async def _answer(_: Request, error: Exception) -> Response:
    return error_response(error)


exception_handlers = {HTTPException: _answer}
"""For Starlette: what is raised outside the paths. They answer whatever happens in them themselves."""
