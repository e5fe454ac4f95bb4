"""What the demo shows at `/`: the inbox of examples/inbox where it was built, else links. It carries a token."""

from collections.abc import Callable
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from gateway.pages import assets, guarded

_ROOM = Path(__file__).parent
BUILT = _ROOM / "dist"
PLAIN = _ROOM / "plain"


def home_routes(token: Callable[[], str]) -> list[BaseRoute]:
    """Make the routes of the page and what it loads."""
    folder = BUILT if (BUILT / "index.html").exists() else PLAIN
    content = (folder / "index.html").read_text(encoding="utf-8")

    async def home(_: Request) -> Response:
        return HTMLResponse(content.replace("{{token}}", token()), headers={**guarded(), "Cache-Control": "no-store"})

    return [Route("/", home), assets("/inbox/assets", folder, guarded(), built=folder == BUILT)]
