"""The parts of the OpenAPI document about failures: their models and examples."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, NotRequired

from typing_extensions import TypedDict  # pydantic's condition before Python 3.12

from rest_compat.errors import title
from rest_compat.openapi_parts import Json, ref


class Detail(TypedDict):
    """Why it failed, in words."""

    detail: str


class InvalidParameter(TypedDict):
    """What is wrong with one parameter, or with one field of the body."""

    type: str
    loc: list[str | int]
    msg: str
    input: Any
    ctx: NotRequired[dict[str, Any]]


class Invalid(TypedDict):
    """All that is wrong with the request."""

    detail: list[InvalidParameter]


class Problem(TypedDict):
    """The same as an RFC 9457 problem, for clients whose Accept names it. `errors` is the list that 422 has."""

    type: str
    title: str
    status: int
    detail: str
    errors: NotRequired[list[InvalidParameter]]


MODELS = {Detail, Invalid, Problem}


_INVALID_EXAMPLE = {
    "type": "greater_than_equal",
    "loc": ["query", "page"],
    "msg": "Input should be greater than or equal to 1",
    "input": "0",
    "ctx": {"ge": 1},
}
_DETAILS = {
    400: "There was an error parsing the body",
    401: "Not authenticated",
    403: "The token lacks the scope `conversations:read`.",
    409: "Something else was created under this key before.",
    412: "This is not what If-Match names: it has changed since.",
    413: "The body may have 1000000 bytes at most.",
    429: "The organization's budget is used up. Try again in 7 s.",
    503: "The database is not available. Try again later.",
    504: "This took longer than it may.",
}
_MORE_HEADERS = {401: ("WWW-Authenticate",), 429: ("Retry-After",), 503: ("Retry-After",)}


def _failure(status: int, detail: Any, model: str) -> Json:
    problem = {"type": "about:blank", "title": title(status), "status": status, "detail": detail}
    if status == HTTPStatus.UNPROCESSABLE_ENTITY:
        problem |= {"detail": f"query.page: {_INVALID_EXAMPLE['msg']}", "errors": detail}
    return {
        "description": title(status),
        "headers": {name: ref("headers", name) for name in ("X-Request-ID", *_MORE_HEADERS.get(status, ()))},
        "content": {
            "application/json": {"schema": ref("schemas", model), "example": {"detail": detail}},
            "application/problem+json": {"schema": ref("schemas", "Problem"), "example": problem},
        },
    }


_NAMES = {status: title(status).replace(" ", "") for status in (304, 422, *_DETAILS)}
FAILURES = {
    _NAMES[304]: {
        "description": "Not Modified: the client has it already",
        "headers": {"ETag": ref("headers", "ETag")},
    },
    **{_NAMES[status]: _failure(status, detail, "Detail") for status, detail in _DETAILS.items()},
    **{f"{kind}NotFound": _failure(404, f"{kind} not found", "Detail") for kind in ("Conversation", "Lead")},
    _NAMES[422]: _failure(422, [_INVALID_EXAMPLE], "Invalid"),
}


def failures(method: str, models: Mapping[str, type], *, body: bool) -> Json:
    """Refer to the answers of a call that is not done as asked."""
    statuses = {401, 403, 422, 429, 503, 504}
    statuses |= {304} if method == "GET" else set()
    statuses |= {400, 413} if body else set()
    statuses |= {409} if "header" in models else set()
    statuses |= {412} if method == "PATCH" else set()
    names = {status: _NAMES[status] for status in statuses}
    if "path" in models:
        names[404] = models["path"].__name__.replace("Path", "NotFound")
    return {str(status): ref("responses", name) for status, name in sorted(names.items())}
