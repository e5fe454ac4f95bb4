"""GraphQL over HTTP, as its specification has it: POST and GET, media types, status codes."""

from collections.abc import Mapping
from typing import Any

import orjson
from graphql import OperationType
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.auth import Authenticator, Unauthenticated
from gateway.database.pool import Database
from gateway_graphql.context import Context
from gateway_graphql.errors import ErrorCode
from gateway_graphql.execution import Answer, Executor, Operation, request_error
from gateway_graphql.negotiation import preferred
from gateway_graphql.schema import schema

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"
HTML = "text/html"

_QUERIES = frozenset({OperationType.QUERY})
_QUERIES_AND_MUTATIONS = frozenset({OperationType.QUERY, OperationType.MUTATION})

_STATUS = {
    ErrorCode.UNAUTHENTICATED: 401,
    ErrorCode.SERVICE_UNAVAILABLE: 503,
    ErrorCode.TIMEOUT: 504,
    ErrorCode.INTERNAL: 500,
}


class BadRequest(Exception):
    """A request that holds no operation: its status, and what is wrong with it."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.headers = dict(headers or {})


class GraphQLEndpoint:
    """`/graphql`: reads a request, runs its operation for the token's viewer, writes the answer."""

    def __init__(self, authenticator: Authenticator, database: Database, page: Response) -> None:
        """`page` is shown to browsers."""
        self._authenticator = authenticator
        self._database = database
        self._page = page
        self._execute = Executor(schema)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, as an ASGI application: which methods there are is told in GraphQL's own form."""
        response = await self._response(Request(scope, receive))
        await response(scope, receive, send)

    async def _response(self, request: Request) -> Response:
        offered = [JSON, GRAPHQL_JSON, HTML] if request.method in {"GET", "HEAD"} else [JSON, GRAPHQL_JSON]
        media_type = preferred(request.headers.get("accept"), offered)
        if media_type == HTML:
            return self._page
        try:
            return await self._answered(request, media_type)
        except Unauthenticated as error:
            answer = request_error(ErrorCode.UNAUTHENTICATED, str(error))
            return _response(answer, 401, media_type or JSON, {"WWW-Authenticate": "Bearer"})
        except (BadRequest, HTTPException) as error:
            status = error.status if isinstance(error, BadRequest) else error.status_code
            message = str(error) if isinstance(error, BadRequest) else error.detail
            answer = request_error(ErrorCode.BAD_USER_INPUT, message)
            return _response(answer, status, media_type or JSON, dict(error.headers or {}))

    async def _answered(self, request: Request, media_type: str | None) -> Response:
        if request.method not in {"GET", "HEAD", "POST"}:
            raise BadRequest(405, "Use GET or POST.", {"Allow": "GET, HEAD, POST"})
        if media_type is None:
            raise BadRequest(406, f"The answer can be `{GRAPHQL_JSON}` or `{JSON}`.")
        viewer = await self._authenticator.viewer(request.headers.get("authorization"))
        posted = request.method == "POST"
        operation = await _posted(request) if posted else _from_parameters(request.query_params)
        answer = await self._execute(
            operation,
            Context(viewer, self._database),
            allowed=_QUERIES_AND_MUTATIONS if posted else _QUERIES,
        )
        return _response(answer, _status(answer, media_type), media_type, {})


def _status(answer: Answer, media_type: str) -> int:
    if answer.data is not None or not answer.errors:
        return 200
    code = answer.errors[0]["extensions"]["code"]
    if code in _STATUS:
        return _STATUS[code]
    # Clients of plain JSON read the errors of what was well-formed HTTP from a 200.
    return 400 if media_type == GRAPHQL_JSON and not answer.executed else 200


def _response(answer: Answer, status: int, media_type: str, headers: dict[str, str]) -> Response:
    headers["Vary"] = "Accept"
    if status == 503:
        headers["Retry-After"] = "1"
    content = orjson.dumps(answer.body, option=orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS)
    return Response(content, status, headers, f"{media_type}; charset=utf-8")


async def _posted(request: Request) -> Operation:
    content_type = request.headers.get("content-type", "").lower()
    media_type, _, parameters = content_type.partition(";")
    if media_type.strip() != JSON:
        raise BadRequest(415, f"The body must be `{JSON}`.", {"Accept-Post": JSON})
    if "charset" in parameters and "utf-8" not in parameters:
        raise BadRequest(415, "The body must be in UTF-8.", {"Accept-Post": JSON})
    try:
        body = orjson.loads(await request.body())
    except orjson.JSONDecodeError as error:
        raise BadRequest(400, f"The body is not JSON: {error.msg} (line {error.lineno}).") from None
    if not isinstance(body, dict):
        raise BadRequest(400, "The body must be an object.")
    return _operation(body)


def _from_parameters(parameters: Mapping[str, str]) -> Operation:
    values: dict[str, Any] = dict(parameters)
    for name in ("variables", "extensions"):
        if values.get(name):
            try:
                values[name] = orjson.loads(values[name])
            except orjson.JSONDecodeError:
                raise BadRequest(400, f"`{name}` is not JSON.") from None
        else:
            values.pop(name, None)
    if not values.get("operationName"):
        values.pop("operationName", None)
    return _operation(values)


def _operation(values: Mapping[str, Any]) -> Operation:
    query = values.get("query")
    name = values.get("operationName")
    variables = values.get("variables")
    if not isinstance(query, str) or not query:
        raise BadRequest(400, "`query` must be a string with an operation.")
    if name is not None and not isinstance(name, str):
        raise BadRequest(400, "`operationName` must be a string.")
    for given, value in (("variables", variables), ("extensions", values.get("extensions"))):
        if value is not None and not isinstance(value, dict):
            raise BadRequest(400, f"`{given}` must be an object.")
    return Operation(query, name, variables)
