"""The parts of the OpenAPI document that all calls share: security, parameters, headers."""

from http import HTTPStatus
from typing import Any

Json = dict[str, Any]


def _header(description: str, **schema: Any) -> Json:
    return {"description": description, "schema": {"type": "string", **schema}}


def ref(kind: str, name: str) -> Json:
    """Refer to a component."""
    return {"$ref": f"#/components/{kind}/{name}"}


HEADERS = {
    "X-Request-ID": _header("The request's id in the logs: the client's own, if it is well-formed."),
    "ETag": _header("A digest of the body, for If-None-Match and If-Match."),
    "Link": _header("`successor-version`, and of lists `first`, `prev`, `next`, `last` (RFC 8288)."),
    "Location": _header("The path of the new lead.", format="uri-reference"),
    "RateLimit": _header("What is left of the organization's budget of rows, if it has one."),
    "RateLimit-Policy": _header("The budget: rows in 60 seconds."),
    "Deprecation": _header("Since when this interface is deprecated, if it is (RFC 9745)."),
    "Sunset": _header("When this interface ends, if that is set (RFC 8594)."),
    "Retry-After": _header("Seconds to wait.", pattern="^[0-9]+$"),
    "WWW-Authenticate": _header("`Bearer`."),
    "Preference-Applied": _header("`graphql`, if the response is the equivalent GraphQL operation."),
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
    "Prefer": _parameter("Prefer", "`graphql`: do nothing, and return the equivalent GraphQL operation."),
    "If-Match": _parameter("If-Match", "The ETag from GET: 412 if the resource has changed since."),
    "If-None-Match": _parameter("If-None-Match", "Known ETags: 304 if the current one is among them."),
}
OPTIONAL_HEADERS = {
    "GET": [ref("parameters", "Prefer"), ref("parameters", "If-None-Match")],
    "POST": [ref("parameters", "Prefer")],
    "PATCH": [ref("parameters", "Prefer"), ref("parameters", "If-Match")],
}


def given_headers(status: int, *, tagged: bool) -> Json:
    """Refer to the headers of a call's answer."""
    names = ["X-Request-ID", *(["ETag"] if tagged else []), *(["Location"] if status == HTTPStatus.CREATED else [])]
    names += ["Link", "RateLimit", "RateLimit-Policy", "Deprecation", "Sunset", "Preference-Applied"]
    return {name: ref("headers", name) for name in names}


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
