"""Pages: their static files, under a Content-Security-Policy that allows nothing from elsewhere."""

from collections.abc import Mapping
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "data:",
    "connect-src": "'self'",  # WebSockets of this host included
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}


def guarded(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Make the headers of a page and its assets; `more` are directives that its policy needs besides."""
    return {
        "Content-Security-Policy": "; ".join(
            f"{name} {sources}" for name, sources in {**_POLICY, **(more or {})}.items()
        ),
        "Referrer-Policy": "no-referrer",
        "X-Frame-Options": "DENY",  # of older browsers, as frame-ancestors
    }


def assets(path: str, folder: Path, headers: Mapping[str, str], *, built: bool) -> Route:
    """Serve a folder's files by their names, compressed where `name.gz` lies beside one and the client takes it."""
    files = {each.name: each for each in folder.iterdir()}
    # A build names its files by their contents.
    caching = "public, max-age=31536000, immutable" if built else "no-cache"
    sent = {**headers, "Cache-Control": caching, "Vary": "Accept-Encoding"}

    async def asset(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in files:
            raise HTTPException(404, headers=dict(headers))
        compressed = files.get(f"{name}.gz")
        if compressed and "gzip" in request.headers.get("accept-encoding", ""):
            return FileResponse(compressed, headers={**sent, "Content-Encoding": "gzip"})
        return FileResponse(files[name], headers=sent)

    return Route(f"{path}/{{name}}", asset)
