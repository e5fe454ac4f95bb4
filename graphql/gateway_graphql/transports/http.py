"""GraphQL over HTTP, as its specification has it: POST and GET, media types, status codes."""

import asyncio
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from graphql import OperationType
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.auth import Unauthenticated, Viewer
from gateway.http.negotiation import preferred
from gateway.http.request_shares import RequestShares
from gateway.http.requests import Request
from gateway.http.responses import RawResponse
from gateway_graphql.answers import Answer, failed, request_error, request_errors, to_json
from gateway_graphql.context import Context
from gateway_graphql.errors import ErrorCode, OperationNotAllowed
from gateway_graphql.limits import too_complex
from gateway_graphql.operation import Operation
from gateway_graphql.service import Service
from gateway_graphql.transports.caching import cacheable
from gateway_graphql.transports.parameters import JSON, BadRequest, in_query, operation_of, posted
from gateway_graphql.transports.sse import EVENT_STREAM, event_stream

GRAPHQL_JSON = "application/graphql-response+json"
HTML = "text/html"

_OFFERED = {
    "GET": (JSON, GRAPHQL_JSON, HTML),
    "HEAD": (JSON, GRAPHQL_JSON, HTML),
    "POST": (JSON, GRAPHQL_JSON, EVENT_STREAM),
}
_QUERIES = (OperationType.QUERY,)
_QUERIES_AND_MUTATIONS = (OperationType.QUERY, OperationType.MUTATION)

_LONG = 500_000
"""Bytes: for fewer, the ETag takes a millisecond or two."""
_FAILED = 500
_NONE: Mapping[str, str] = {}
_HEADERS = {
    each: ((b"content-type", f"{each}; charset=utf-8".encode()), (b"vary", b"Accept")) for each in (JSON, GRAPHQL_JSON)
}

# The first that is among an answer's errors, where no root field has a value.
_STATUS = {
    ErrorCode.UNAUTHENTICATED: 401,
    ErrorCode.SERVICE_UNAVAILABLE: 503,
    ErrorCode.TIMEOUT: 504,
    ErrorCode.THROTTLED: 429,
    ErrorCode.PERSISTED_QUERY_NOT_FOUND: 200,  # what Apollo's clients wait for
    ErrorCode.INTERNAL: 500,
}


class GraphQLEndpoint:
    """`/graphql`: reads a request, runs its operation for the token's viewer, writes the answer."""

    def __init__(self, service: Service, requests: RequestShares, page: Response) -> None:
        """`page` is shown to browsers."""
        self._service = service
        self._requests = requests
        self._page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request. As an ASGI application, so that a wrong method is answered in GraphQL's form, too."""
        try:
            response = await self._response(Request(scope, receive))
            await response(scope, receive, send)
        finally:
            self._requests.end(scope)

    async def _response(self, request: Request) -> Response:
        offered = _OFFERED.get(request.method, (JSON,))
        media_type = preferred(request.header(b"accept"), offered)
        if media_type == HTML:
            return self._page
        try:
            return await self._answered(request, media_type)
        except Unauthenticated as error:
            answer = request_error(ErrorCode.UNAUTHENTICATED, str(error))
            return _response(answer, 401, media_type, {"WWW-Authenticate": "Bearer"})
        except BadRequest as error:
            answer = request_error(ErrorCode.BAD_USER_INPUT, str(error))
            return _response(answer, error.status, media_type, error.headers)
        except HTTPException as error:
            return _refusal(error, media_type)

    async def _answered(self, request: Request, media_type: str | None) -> Response:
        if request.method not in _OFFERED:
            raise BadRequest(405, "Use GET or POST.", {"Allow": "GET, HEAD, POST"})
        if media_type is None:
            streams = "" if request.method == "POST" else f" A stream (`{EVENT_STREAM}`) needs a POST."
            raise BadRequest(406, f"The answer can be `{GRAPHQL_JSON}` or `{JSON}`.{streams}")
        viewer = await self._service.viewer(request.header(b"authorization"))
        self._requests.begin(request.scope, viewer.organization_id)
        is_post = request.method == "POST"
        asked = await posted(request) if is_post else in_query(request.query_params)
        allowed = _QUERIES_AND_MUTATIONS if is_post else _QUERIES
        if isinstance(asked, list):
            return await self._batch(asked, viewer, media_type)
        context = self._service.context(viewer, request.header(b"last-event-id"))
        if media_type == EVENT_STREAM:
            self._requests.end(request.scope)  # streams have a quota of their own
            answers = self._service.execute.stream(asked, context, allowed=(*allowed, OperationType.SUBSCRIPTION))
            return event_stream(answers, viewer, self._service.drain)
        try:
            answer = await self._service.execute(asked, context, allowed=allowed)
        except OperationNotAllowed as error:
            raise BadRequest(400 if is_post else 405, str(error), {"Allow": "POST"}) from None
        status = _status(answer, media_type)
        if status >= _FAILED:  # nothing of it was answered
            answer = answer._replace(data=None)
        response = _response(answer, status, media_type)
        if is_post or len(response.body) < _LONG:
            return response if is_post else cacheable(response, request)
        return await asyncio.to_thread(cacheable, response, request)

    async def _batch(self, asked: Sequence[Mapping[str, Any]], viewer: Viewer, media_type: str) -> Response:
        most = self._service.most_in_batch
        if len(asked) > most:
            answer = request_errors([too_complex("batch", most, len(asked))])
            return _response(answer, 400, media_type)
        if media_type == EVENT_STREAM:
            raise BadRequest(400, "A batch cannot be streamed.")
        # One after another: the mutations among them take effect in their order.
        answers, allowance = [], self._service.allowance()
        for operation in [operation_of(each) for each in asked]:
            answers.append(await self._one_of_batch(operation, self._service.context(viewer, allowance=allowance)))
            await asyncio.sleep(0)  # lets other requests run
        content = b"[" + b",".join(to_json(answer.body) for answer in answers) + b"]"
        return Response(content, 200, {"Vary": "Accept"}, f"{media_type}; charset=utf-8")

    async def _one_of_batch(self, operation: Operation, context: Context) -> Answer:
        try:
            return await self._service.execute(operation, context, allowed=_QUERIES_AND_MUTATIONS)
        except OperationNotAllowed as error:
            return failed(error)


def refusal(error: HTTPException, accept: str | None) -> Response:
    """Make the answer to a request that was refused before it got here."""
    return _refusal(error, preferred(accept, (JSON, GRAPHQL_JSON)))


def _refusal(error: HTTPException, media_type: str | None) -> Response:
    away = error.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    code = ErrorCode.SERVICE_UNAVAILABLE if away else ErrorCode.BAD_USER_INPUT
    return _response(request_error(code, error.detail), error.status_code, media_type, error.headers or _NONE)


def _status(answer: Answer, media_type: str) -> int:
    if not answer.errors or any(value is not None for value in (answer.data or {}).values()):
        return 200
    codes = {error["extensions"]["code"] for error in answer.errors}
    for code, status in _STATUS.items():
        if code in codes:
            return status
    # Clients of plain JSON read the errors of what was well-formed HTTP from a 200.
    return 400 if media_type == GRAPHQL_JSON and not answer.executed else 200


def _response(answer: Answer, status: int, media_type: str | None, headers: Mapping[str, str] = _NONE) -> Response:
    response = RawResponse(answer.json, status, _HEADERS[GRAPHQL_JSON if media_type == GRAPHQL_JSON else JSON])
    if headers:
        response.headers.update(headers)
    if status in {429, 503}:
        response.headers["Retry-After"] = str((answer.errors or [{}])[0]["extensions"].get("retryAfter", 1))
    return response
