"""Redirects: a slash too many at a path's end leads to the path without it."""

from urllib.parse import quote

from starlette.responses import RedirectResponse
from starlette.routing import Match, Router
from starlette.types import Receive, Scope, Send


class SlashRedirect:
    """A router's last resort. Names no host: a request may claim to be for any, and a proxy may have another."""

    def __init__(self, router: Router) -> None:
        self._router = router

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Redirect where the path without its slash is served; otherwise there is nothing."""
        path, _, rest = scope["path"].rpartition("/")
        bare = {**scope, "path": path}
        if (
            scope["type"] == "http"
            and not rest
            and any(route.matches(bare)[0] is not Match.NONE for route in self._router.routes)
        ):
            query = f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else ""
            await RedirectResponse(f"../{quote(path.rpartition('/')[2])}{query}")(scope, receive, send)
        else:
            await self._router.not_found(scope, receive, send)
