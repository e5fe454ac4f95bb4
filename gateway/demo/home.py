"""The demo's page at `/`: the inbox of examples/inbox if it was built, else links. It contains a token."""

import re
from collections.abc import Callable
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from gateway.http.pages import assets, guarded

_ROOM = Path(__file__).parent
BUILT = _ROOM / "dist"
PLAIN = _ROOM / "plain"

_OWN = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:\d+)?", re.IGNORECASE)
"""This machine's names: a page of another site that had its own name lead here would be given the token, too."""
_ELSEWHERE = "The demo's page has a token, and is shown at http://localhost and http://127.0.0.1 only.\n"


def home_routes(token: Callable[[], str]) -> list[BaseRoute]:
    """Make the routes of the page and what it loads."""
    folder = BUILT if (BUILT / "index.html").exists() else PLAIN
    content = (folder / "index.html").read_text(encoding="utf-8")

    async def home(request: Request) -> Response:
        if not _OWN.fullmatch(request.headers.get("host", "")):
            return PlainTextResponse(_ELSEWHERE, 421)
        return HTMLResponse(content.replace("{{token}}", token()), headers={**guarded(), "Cache-Control": "no-store"})

    return [Route("/", home), assets("/inbox/assets", folder, guarded(), built=folder == BUILT)]
