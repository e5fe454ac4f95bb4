"""What OpenAPI says of all calls alike: who may ask, which headers there are, how it can fail."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, NotRequired

from typing_extensions import TypedDict  # pydantic's condition before Python 3.12

Json = dict[str, Any]


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
    """The same in RFC 9457's form, for clients whose Accept names it. `errors` is the list that 422 has."""

    type: str
    title: str
    status: int
    detail: str
    errors: NotRequired[list[InvalidParameter]]


MODELS = {Detail, Invalid, Problem}


def _header(description: str, **schema: Any) -> Json:
    return {"description": description, "schema": {"type": "string", **schema}}


def _ref(kind: str, name: str) -> Json:
    return {"$ref": f"#/components/{kind}/{name}"}


HEADERS = {
    "X-Request-ID": _header("The request's id in our logs: the caller's own, where it is sane."),
    "ETag": _header("Names these bytes: for If-None-Match, and If-Match."),
    "Link": _header("`successor-version`, and of lists `first`, `prev`, `next`, `last` (RFC 8288)."),
    "Location": _header("Where the new row is.", format="uri-reference"),
    "RateLimit": _header("What is left of the organization's budget of rows, where it has one."),
    "RateLimit-Policy": _header("That budget: so many rows in 60 seconds."),
    "Deprecation": _header("Since when this interface is deprecated, where it is (RFC 9745)."),
    "Sunset": _header("When this interface goes away, where that is known (RFC 8594)."),
    "Retry-After": _header("Seconds to wait.", pattern="^[0-9]+$"),
    "WWW-Authenticate": _header("`Bearer`."),
    "Preference-Applied": _header("`graphql`, where the answer is the equal GraphQL operation."),
}


def _parameter(name: str, description: str) -> Json:
    return {
        "name": name,
        "in": "header",
        "required": False,
        "description": description,
        "schema": {"type": "string"},
    }


PARAMETERS = {
    "Prefer": _parameter("Prefer", "`graphql`: answer with the equal GraphQL operation, and do nothing."),
    "If-Match": _parameter("If-Match", "The ETag that GET gave: 412 if this has changed since."),
    "If-None-Match": _parameter("If-None-Match", "ETags of what the client has: 304 if it is among them."),
}
OPTIONAL_HEADERS = {
    "GET": [_ref("parameters", "Prefer"), _ref("parameters", "If-None-Match")],
    "POST": [_ref("parameters", "Prefer")],
    "PATCH": [_ref("parameters", "Prefer"), _ref("parameters", "If-Match")],
}

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
    404: "Conversation not found",
    409: "Something else was created under this key before.",
    412: "This is not what If-Match names: it has changed since.",
    413: "The body may have 1000000 bytes at most.",
    429: "The organization's budget is used up. Try again in 7 s.",
    503: "The database does not answer. Try again later.",
    504: "This took longer than it may.",
}
_TITLES = {
    304: "Not Modified",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    409: "Conflict",
    412: "Precondition Failed",
    413: "Content Too Large",
    422: "Unprocessable Content",
    429: "Too Many Requests",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}  # Python's own differ from version to version
_MORE_HEADERS = {401: ("WWW-Authenticate",), 429: ("Retry-After",), 503: ("Retry-After",)}


def _failure(status: int, detail: Any, model: str) -> Json:
    title = _TITLES[status]
    problem = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    if status == HTTPStatus.UNPROCESSABLE_ENTITY:
        problem |= {"detail": f"query.page: {_INVALID_EXAMPLE['msg']}", "errors": detail}
    return {
        "description": title,
        "headers": {name: _ref("headers", name) for name in ("X-Request-ID", *_MORE_HEADERS.get(status, ()))},
        "content": {
            "application/json": {"schema": _ref("schemas", model), "example": {"detail": detail}},
            "application/problem+json": {"schema": _ref("schemas", "Problem"), "example": problem},
        },
    }


_NAMES = {status: title.replace(" ", "") for status, title in _TITLES.items()}
FAILURES = {
    _NAMES[304]: {
        "description": "Not Modified: the client has it already",
        "headers": {"ETag": _ref("headers", "ETag")},
    },
    **{_NAMES[status]: _failure(status, detail, "Detail") for status, detail in _DETAILS.items()},
    _NAMES[422]: _failure(422, [_INVALID_EXAMPLE], "Invalid"),
}


def failures(method: str, models: Mapping[str, type], *, body: bool) -> Json:
    """Refer to the answers of a call that is not done as asked."""
    statuses = {401, 403, 422, 429, 503, 504}
    statuses |= {304} if method == "GET" else set()
    statuses |= {404} if "path" in models else set()
    statuses |= {400, 413} if body else set()
    statuses |= {409} if "header" in models else set()
    statuses |= {412} if method == "PATCH" else set()
    return {str(status): _ref("responses", _NAMES[status]) for status in sorted(statuses)}


def given_headers(status: int, *, tagged: bool) -> Json:
    """Refer to the headers of a call's answer."""
    names = ["X-Request-ID", *(["ETag"] if tagged else []), *(["Location"] if status == HTTPStatus.CREATED else [])]
    names += ["Link", "RateLimit", "RateLimit-Policy", "Deprecation", "Sunset", "Preference-Applied"]
    return {name: _ref("headers", name) for name in names}


FRAME: Json = {
    "openapi": "3.1.0",
    "info": {
        "title": "Conversations",
        "version": "1",
        "description": "Conversations, messages and leads of an AI receptionist. Every call has a successor in "
        "GraphQL: its document is the call's `x-graphql-operation`; with `Prefer: graphql` a call answers with it.",
        "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    },
    "servers": [{"url": "/"}],
    "security": [{"token": []}],
    "tags": [
        {"name": "conversations", "description": "Conversation threads and individual messages."},
        {"name": "leads", "description": "Customers who got in touch."},
    ],
    "components": {
        "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        "parameters": PARAMETERS,
        "headers": HEADERS,
    },
}
