"""The parameters of a GraphQL request, from a body, a query string or a socket."""

import json
from asyncio import to_thread
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import orjson

from gateway.http.requests import Request
from gateway_graphql.errors import ErrorCode
from gateway_graphql.operation import Operation

JSON = "application/json"


class BadRequest(Exception):
    """A request that holds no operation: its status, and what is wrong with it."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.headers = dict(headers or {})

    @property
    def as_graphql(self) -> dict[str, Any]:
        """The same as an error of a GraphQL response."""
        return {"message": str(self), "extensions": {"code": ErrorCode.BAD_USER_INPUT}}


_LONG = 50_000
"""Bytes: fewer are read within a few milliseconds."""
_ZEROS = bytes.maketrans(b"123456789", b"000000000")
_LONG_INTEGER = b"0" * 19


def has_long_integer(data: bytes) -> bool:
    """Say whether there may be integers beyond 64 bits in it, which orjson makes floats of."""
    return _LONG_INTEGER in data.translate(_ZEROS)  # a regular expression would take ten times as long


def read_json(data: bytes) -> Any:
    """Read JSON. Integers keep their digits, also those beyond 64 bits.

    Raises orjson's JSONDecodeError.
    """
    value = orjson.loads(data)
    if has_long_integer(data):
        with suppress(ValueError, RecursionError):  # more digits, or deeper nested, than Python cares to read
            return json.loads(data)
    return value


async def read_soon(data: bytes) -> Any:
    """Read JSON as `read_json` does; what is long in a thread: others are answered meanwhile."""
    return read_json(data) if len(data) < _LONG else await to_thread(read_json, data)


async def posted(request: Request) -> Operation | list[Mapping[str, Any]]:
    """Read a POST's body: an operation, or the parameters of several. Only JSON is taken: a page of another site
    cannot send it without asking first.
    """
    content_type = request.header(b"content-type")
    if content_type != JSON:
        _check_content_type((content_type or "").lower())
    try:
        body = await read_soon(await request.body())
    except orjson.JSONDecodeError as error:
        if request.header(b"content-encoding"):
            raise BadRequest(415, "The body must not be compressed.", {"Accept-Encoding": "identity"}) from None
        raise BadRequest(400, f"The body is not JSON: {error.msg} (line {error.lineno}).") from None
    if isinstance(body, list) and body and all(isinstance(each, dict) for each in body):
        return body
    if not isinstance(body, dict):
        raise BadRequest(400, "The body must be an object, or a list of one or more.")
    return operation_of(body)


def _check_content_type(content_type: str) -> None:
    media_type, _, charset = content_type.partition(";")
    if media_type.strip() != JSON:
        raise BadRequest(415, f"The body must be `{JSON}`.", {"Accept-Post": JSON})
    if "charset" in charset and "utf-8" not in charset:
        raise BadRequest(415, "The body must be in UTF-8.", {"Accept-Post": JSON})


def in_query(parameters: Mapping[str, str]) -> Operation:
    """Read a GET's query string, where `variables` and `extensions` are JSON. What is empty is not given."""
    values: dict[str, Any] = {name: value for name, value in parameters.items() if value}
    for name in ("variables", "extensions"):
        if name in values:
            try:
                values[name] = read_json(values[name].encode())
            except orjson.JSONDecodeError:
                raise BadRequest(400, f"`{name}` is not JSON.") from None
    return operation_of(values)


_FORMS: dict[str, type] = {"query": str, "operationName": str, "documentId": str, "variables": dict, "extensions": dict}


def operation_of(values: Mapping[str, Any]) -> Operation:
    """Read the parameters that a GraphQL request has. Raises BadRequest, naming the wrong one."""
    for name, value in values.items():
        if name in _FORMS and value is not None and not isinstance(value, _FORMS[name]):
            raise BadRequest(400, f"`{name}` must be {'a string' if _FORMS[name] is str else 'an object'}.")
    operation = Operation(
        query=values.get("query") or None,
        operation_name=values.get("operationName") or None,
        variables=values.get("variables"),
        document_id=values.get("documentId") or None,
        extensions=values.get("extensions"),
    )
    if not (operation.query or operation.document_id or (operation.extensions or {}).get("persistedQuery")):
        raise BadRequest(400, "The request has no `query`.")
    return operation
