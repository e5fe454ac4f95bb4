"""The page that browsers are shown at /graphql: GraphiQL where it was built, else a plain one."""

from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import BaseRoute, Route

_ROOM = Path(__file__).parent
BUILT = _ROOM / "dist"
PLAIN = _ROOM / "plain"

_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self' 'unsafe-inline'",  # Monaco, GraphiQL's editor, writes style elements
    "img-src": "'self' data:",
    "font-src": "'self' data:",
    "connect-src": "'self'",  # WebSockets of this host included
    "worker-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}
_SECURITY = {
    "Content-Security-Policy": "; ".join(f"{directive} {sources}" for directive, sources in _POLICY.items()),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def explorer_page() -> Response:
    """Make the page. It is the same for everybody: the token reaches it in the browser."""
    content = (_folder() / "index.html").read_bytes()
    return HTMLResponse(content, headers={**_SECURITY, "Cache-Control": "no-cache", "Vary": "Accept"})


def explorer_assets() -> list[BaseRoute]:
    """Make the routes of what the page loads."""
    folder = _folder()
    files = {path.name: path for path in folder.iterdir()}
    # The build names its files by their contents.
    caching = "public, max-age=31536000, immutable" if folder == BUILT else "no-cache"
    headers = {**_SECURITY, "Cache-Control": caching, "Vary": "Accept-Encoding"}

    async def asset(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in files:
            raise HTTPException(404, headers=_SECURITY)
        compressed = files.get(f"{name}.gz")
        if compressed and "gzip" in request.headers.get("accept-encoding", ""):
            return FileResponse(compressed, headers={**headers, "Content-Encoding": "gzip"})
        return FileResponse(files[name], headers=headers)

    return [Route("/graphql/assets/{name}", asset)]


def _folder() -> Path:
    return BUILT if (BUILT / "index.html").exists() else PLAIN
