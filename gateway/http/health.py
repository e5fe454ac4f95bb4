"""Health: `/healthz`, liveness, and `/readyz`, readiness."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gateway.database.pool import Database
from gateway.http.draining import Drain


async def healthz(_: Request) -> Response:
    """Answer that the process is alive, without asking the database."""
    return JSONResponse({"status": "ok"})


class Readyz:
    """Says whether to send requests here: the database answers, its migrations are in, and no stop has begun."""

    def __init__(self, database: Database, drain: Drain) -> None:
        self._database = database
        self._drain = drain

    async def answer(self, _: Request) -> Response:
        """Answer 200, or 503 and why not."""
        reason = "the gateway is about to stop" if self._drain.begun else await self._database.unready()
        if reason is None:
            return JSONResponse({"status": "ok"})
        return JSONResponse({"status": "unavailable", "reason": reason}, 503, {"Retry-After": "1"})
