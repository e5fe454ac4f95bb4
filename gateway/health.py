"""Liveness and readiness, for whoever runs the gateway."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gateway.database.pool import Database


async def healthz(_: Request) -> Response:
    """Answer that the process is alive. Asks nobody."""
    return JSONResponse({"status": "ok"})


class Readyz:
    """Says whether requests can be served: the database answers, and its migrations are in."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def answer(self, _: Request) -> Response:
        """Answer 200, or 503 and why not."""
        reason = await self._database.unready()
        if reason is None:
            return JSONResponse({"status": "ok"})
        return JSONResponse({"status": "unavailable", "reason": reason}, 503, {"Retry-After": "1"})
