"""Errors in the legacy API's form: `{"detail": ...}`, a text, or a list of what is wrong and where."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from gateway.budget import Throttled
from gateway.http.negotiation import preferred
from gateway_graphql.errors import ErrorCode, public

STATUS = {
    ErrorCode.UNAUTHENTICATED: HTTPStatus.UNAUTHORIZED,
    ErrorCode.FORBIDDEN: HTTPStatus.FORBIDDEN,
    ErrorCode.NOT_FOUND: HTTPStatus.NOT_FOUND,
    ErrorCode.BAD_USER_INPUT: HTTPStatus.UNPROCESSABLE_ENTITY,
    ErrorCode.QUERY_TOO_COMPLEX: HTTPStatus.UNPROCESSABLE_ENTITY,
    ErrorCode.THROTTLED: HTTPStatus.TOO_MANY_REQUESTS,
    ErrorCode.TIMEOUT: HTTPStatus.GATEWAY_TIMEOUT,
    ErrorCode.SERVICE_UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
}
HEADERS: Mapping[int, Mapping[str, str]] = {
    HTTPStatus.UNAUTHORIZED: {"WWW-Authenticate": "Bearer"},
    HTTPStatus.SERVICE_UNAVAILABLE: {"Retry-After": "1"},
}
_RENAMED = {413: "Content Too Large", 422: "Unprocessable Content"}

PROBLEM = "application/problem+json"
JSON = "application/json"

Headers = Mapping[str, str]


class InvalidRequest(Exception):
    """Parameters that are missing or wrong: for each of them type, loc, msg, input and maybe ctx."""

    def __init__(self, detail: Sequence[Mapping[str, Any]]) -> None:
        super().__init__("invalid request")
        self.detail = detail


class UnreadableBody(HTTPException):
    """The body cannot be read at all."""

    def __init__(self) -> None:
        super().__init__(HTTPStatus.BAD_REQUEST, "There was an error parsing the body")


class Conflict(HTTPException):
    """The idempotency key was used before, for something else."""

    def __init__(self, detail: str) -> None:
        super().__init__(HTTPStatus.CONFLICT, detail)


class Changed(HTTPException):
    """The row has changed since the client read it."""

    def __init__(self) -> None:
        super().__init__(HTTPStatus.PRECONDITION_FAILED, "This is not what If-Match names: it has changed since.")


class Unchanged(HTTPException):
    """The row has not changed since the client read it, and the client asked to stop in that case."""

    def __init__(self) -> None:
        super().__init__(HTTPStatus.PRECONDITION_FAILED, "This is what If-None-Match names.")


def error_response(error: Exception, accept: str | None, headers: Headers) -> Response:
    """Make the answer to an exception, with these additional headers. What the client is not told is logged."""
    writing = _Writing(accepts_problems(accept), headers)
    match error:
        case HTTPException():
            return writing.response(error.status_code, error.detail, error.headers)
        case InvalidRequest():
            return writing.invalid(error)
    code, message = public(error)
    status = STATUS.get(code, HTTPStatus.INTERNAL_SERVER_ERROR)
    masked = status is HTTPStatus.INTERNAL_SERVER_ERROR
    retry = {"Retry-After": str(error.retry_after)} if isinstance(error, Throttled) else None
    return writing.response(status, status.phrase if masked else message, retry)


def accepts_problems(accept: str | None) -> bool:
    """Say whether an Accept header asks for RFC 9457's form by its name.

    >>> accepts_problems("application/json, application/problem+json"), accepts_problems("*/*")
    (True, False)
    """
    return accept is not None and PROBLEM in accept.lower() and preferred(accept, (PROBLEM,)) is not None


def title(status: int) -> str:
    """Name a status as RFC 9110 does. Python's own names differ from version to version."""
    return _RENAMED.get(status) or HTTPStatus(status).phrase


class _Writing(NamedTuple):
    """How errors are written to one client."""

    as_problem: bool
    headers: Headers

    def invalid(self, error: InvalidRequest) -> Response:
        try:
            return self.response(HTTPStatus.UNPROCESSABLE_ENTITY, error.detail)
        except RecursionError:  # what was sent is nested as deep as can just be read
            unreadable = UnreadableBody()
            return self.response(unreadable.status_code, unreadable.detail)

    def response(self, status: int, detail: Any, headers: Headers | None = None) -> Response:
        shown = _problem(status, detail) if self.as_problem else {"detail": detail}
        # It may quote the input. orjson would write neither large integers nor half a surrogate pair.
        content = json.dumps(shown, ensure_ascii=False, separators=(",", ":")).encode(errors="backslashreplace")
        media_type = PROBLEM if self.as_problem else JSON
        sent = {**self.headers, **HEADERS.get(status, {}), **(headers or {})}
        return Response(content, int(status), sent, media_type)


def _problem(status: int, detail: Any) -> Mapping[str, Any]:
    problem = {"type": "about:blank", "title": title(status), "status": int(status)}
    if isinstance(detail, str):
        return {**problem, "detail": detail}
    text = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in detail)
    return {**problem, "detail": text, "errors": detail}


async def _answer(request: Request, error: Exception) -> Response:
    return error_response(error, request.headers.get("accept"), {})


exception_handlers = {HTTPException: _answer}
"""For Starlette, of exceptions outside the REST paths; these handle their own."""
