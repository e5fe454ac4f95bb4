"""The parameters of a GraphQL request, wherever they come from: a body, a query string, a socket."""

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.requests import Request

from gateway_graphql.errors import ErrorCode
from gateway_graphql.execution import Operation

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


async def posted(request: Request) -> Operation:
    """Read a POST's body. Only JSON is taken: a page of another site cannot send it without asking first."""
    media_type, _, charset = request.headers.get("content-type", "").lower().partition(";")
    if media_type.strip() != JSON:
        raise BadRequest(415, f"The body must be `{JSON}`.", {"Accept-Post": JSON})
    if "charset" in charset and "utf-8" not in charset:
        raise BadRequest(415, "The body must be in UTF-8.", {"Accept-Post": JSON})
    try:
        body = orjson.loads(await request.body())
    except orjson.JSONDecodeError as error:
        raise BadRequest(400, f"The body is not JSON: {error.msg} (line {error.lineno}).") from None
    if not isinstance(body, dict):
        raise BadRequest(400, "The body must be an object.")
    return operation_of(body)


def in_query(parameters: Mapping[str, str]) -> Operation:
    """Read a GET's query string, where `variables` and `extensions` are JSON. What is empty is not given."""
    values: dict[str, Any] = {name: value for name, value in parameters.items() if value}
    for name in ("variables", "extensions"):
        if name in values:
            try:
                values[name] = orjson.loads(values[name])
            except orjson.JSONDecodeError:
                raise BadRequest(400, f"`{name}` is not JSON.") from None
    return operation_of(values)


def operation_of(values: Mapping[str, Any]) -> Operation:
    """Read the parameters that a GraphQL request has. Raises BadRequest, naming the wrong one."""
    query = values.get("query")
    name = values.get("operationName")
    if not isinstance(query, str) or not query:
        raise BadRequest(400, "`query` must be a string with an operation.")
    if name is not None and not isinstance(name, str):
        raise BadRequest(400, "`operationName` must be a string.")
    for given in ("variables", "extensions"):
        if not isinstance(values.get(given), dict | None):
            raise BadRequest(400, f"`{given}` must be an object.")
    return Operation(query, name, values.get("variables"))
