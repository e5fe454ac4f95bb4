"""Resource: a path and its operations. Token -> viewer, request -> typed parameters, answer -> bytes."""

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.auth import Authenticator
from gateway.database.pool import Database
from gateway_graphql.context import Context
from rest_compat.errors import error_response
from rest_compat.reader import Reader

Operation = Callable[..., Coroutine[Any, Any, object]]
"""`(context, path, query, body)` to what is answered. It takes those of the three that it has a model for."""


class Resource:
    """What one path answers, by method."""

    def __init__(self, authenticator: Authenticator, database: Database, operations: Mapping[str, Operation]) -> None:
        self._authenticator = authenticator
        self._database = database
        self._operations = {method: (operation, Reader(operation)) for method, operation in operations.items()}
        if "GET" in operations:
            self._operations["HEAD"] = self._operations["GET"]  # the server keeps the body to itself
        self._allow = ", ".join(sorted(self._operations))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, as an ASGI application."""
        try:
            response = await self._response(Request(scope, receive))
        except Exception as error:  # noqa: BLE001 (the one boundary: what has no class is masked and logged)
            response = error_response(error)
        await response(scope, receive, send)

    async def _response(self, request: Request) -> Response:
        if request.method not in self._operations:
            raise HTTPException(405, headers={"Allow": self._allow})
        viewer = await self._authenticator.viewer(request.headers.get("authorization"))
        operation, reader = self._operations[request.method]
        parameters = await reader.read(request)
        answer = await operation(Context(viewer, self._database), **parameters)
        return Response(orjson.dumps(answer, option=orjson.OPT_UTC_Z), media_type="application/json")
