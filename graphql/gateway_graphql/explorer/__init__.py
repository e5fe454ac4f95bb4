"""The page at /graphql for browsers: GraphiQL if it was built, else a plain one."""

from pathlib import Path

from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute

from gateway.http.pages import assets, guarded

_ROOM = Path(__file__).parent
BUILT = _ROOM / "dist"
PLAIN = _ROOM / "plain"

_HEADERS = guarded(
    {
        "style-src": "'self' 'unsafe-inline'",  # Monaco, GraphiQL's editor, writes style elements
        "img-src": "'self' data:",
        "font-src": "'self' data:",
        "worker-src": "'self'",
    }
)


def explorer_page() -> Response:
    """Make the page. It is the same for everybody: the token reaches it in the browser."""
    content = (_folder() / "index.html").read_bytes()
    return HTMLResponse(content, headers={**_HEADERS, "Cache-Control": "no-cache", "Vary": "Accept"})


def explorer_assets() -> list[BaseRoute]:
    """Make the routes of what the page loads."""
    folder = _folder()
    return [assets("/graphql/assets", folder, _HEADERS, built=folder == BUILT)]


def _folder() -> Path:
    return BUILT if (BUILT / "index.html").exists() else PLAIN
