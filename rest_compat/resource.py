"""Resource: a path and its calls. Token -> viewer, request -> typed parameters, answer -> bytes."""

from asyncio import to_thread
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, NamedTuple

import orjson
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.auth import Authenticator
from gateway.budget import Budget
from gateway.database.pool import Database
from gateway.http.request_shares import RequestShares
from gateway.http.requests import Request
from gateway.patience import Patience
from gateway.settings import Settings
from gateway_graphql.context import Context
from gateway_graphql.writes import Overtaken
from rest_compat.call import Call, Listed, Versions
from rest_compat.callers import count_call
from rest_compat.errors import error_response
from rest_compat.metering import Meter
from rest_compat.preconditions import Preconditions, preconditions, tags
from rest_compat.reader import Reader
from rest_compat.responses import Headers, common_headers, prefers_successor, response
from rest_compat.successors import Successor

_LONG = 500_000
"""Bytes: fewer are compressed within a few milliseconds."""


class Gateway(NamedTuple):
    """What every path stands on."""

    settings: Settings
    authenticator: Authenticator
    database: Database
    budget: Budget
    requests: RequestShares


class Resource:
    """What one path answers, by method."""

    def __init__(self, gateway: Gateway, path: str, calls: Mapping[str, Call]) -> None:
        self._path = path
        self._authenticator, self._database = gateway.authenticator, gateway.database
        self._requests = gateway.requests
        self._patience = Patience(gateway.settings.request_timeout)
        self._meter = Meter(gateway.budget)
        self._headers = common_headers(gateway.settings)
        self._calls = {method: (call, Reader(call.operation)) for method, call in calls.items()}
        if "GET" in calls:
            self._calls["HEAD"] = self._calls["GET"]  # the server keeps the body to itself
        self._allow = ", ".join(sorted(self._calls))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, as an ASGI application."""
        request, headers = Request(scope, receive), self._headers.copy()
        try:
            try:
                answer = await self._patience.within(self._answer(request, headers))
            except Exception as error:  # noqa: BLE001 (the one boundary: what has no class is masked and logged)
                answer = error_response(error, request.header(b"accept"), headers)
            method = request.method if request.method in self._calls else None
            count_call(self._path, method, request.header(b"user-agent") or "", scope.get("viewer"))
            await answer(scope, receive, send)
        finally:
            self._requests.end(scope)

    async def _answer(self, request: Request, headers: Headers) -> Response:
        if request.method not in self._calls:
            raise HTTPException(405, headers={"Allow": self._allow})
        viewer = request.scope["viewer"] = await self._authenticator.viewer(request.header(b"authorization"))
        self._requests.begin(request.scope, viewer.organization_id)
        call, reader = self._calls[request.method]
        context = Context(viewer, self._database)
        context.require(call.scope)
        parameters: dict[str, Any] = await reader.read(request)
        with self._meter.charged(context, parameters.get("query"), headers):
            if prefers_successor(request):
                headers["Preference-Applied"] = "graphql"
                return await _response(await _succeeding(call.successor, context, parameters), 200, request, headers)
            if call.version and (conditions := preconditions(request)):
                answer = await self._changed_as_seen(call, call.version, conditions, context, parameters)
            else:
                answer = await call.operation(context, **parameters)
        if isinstance(answer, Listed):
            links = parameters["query"].links(answer.total)
            headers["Link"] = f"{links.header(request.scope['path'], request.query)}, {headers['Link']}"
            answer = answer.shown
        if call.status == HTTPStatus.CREATED:
            headers["Location"] = f"{request.scope['path']}/{answer['id']}"
        return await _response(answer, call.status, request, headers, tagged=call.tagged)

    async def _changed_as_seen(
        self,
        call: Call,
        version: Versions,
        conditions: Preconditions,
        context: Context,
        parameters: Mapping[str, Any],
    ) -> Any:
        """Change what meets the conditions, and nothing else: the statement that changes it decides."""
        path, get = parameters["path"], self._calls["GET"][0].operation
        while True:
            seen = await version(context, path)
            conditions.check(*tags(_json(await get(context, path=path))))
            try:
                return await call.operation(context, **parameters, seen=seen)
            except Overtaken:
                continue  # by a write that GET may not show, or show: what it shows now decides


async def _succeeding(successor: Successor, context: Context, parameters: Mapping[str, Any]) -> dict[str, Any]:
    variables = await successor.variables(context, **parameters)
    return {"operationName": successor.name, "query": successor.document, "variables": variables}


async def _response(
    answer: object, status: int, request: Request, headers: Headers, *, tagged: bool = True
) -> Response:
    content = _json(answer)
    if len(content) < _LONG:
        return response(content, status, request, headers, tagged=tagged)
    return await to_thread(response, content, status, request, headers, tagged=tagged)


def _json(answer: object) -> bytes:
    return orjson.dumps(answer, option=orjson.OPT_UTC_Z)
