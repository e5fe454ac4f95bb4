"""Routing where Starlette's own would cost too much, or say too much."""

from urllib.parse import quote

from starlette.responses import RedirectResponse
from starlette.routing import Match, Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send


class Shortcut:
    """Leads what is asked most past the routing, which costs as much as finding a row."""

    def __init__(self, app: ASGIApp, route: Route) -> None:
        """`route` is of one path, and answers all methods and errors by itself."""
        self._app = app
        self._route = route

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] == "http" and scope["path"] == self._route.path:
            scope["route"] = self._route
            await self._route.app(scope, receive, send)
        else:
            await self._app(scope, receive, send)


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
