"""Routing: a shortcut to the busiest routes, and redirects that name no host."""

from collections.abc import Awaitable, Sequence
from urllib.parse import quote

from starlette.responses import RedirectResponse
from starlette.routing import Match, Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send


class Shortcut:
    """Finds the busiest routes in a table: Starlette's routing costs as much as looking up a row."""

    def __init__(self, app: ASGIApp, routes: Sequence[Route]) -> None:
        """Each of the routes answers all methods and errors by itself, and has one parameter in its path at most."""
        self._app = app
        self._exact = {route.path: route for route in routes if not route.param_convertors}
        self._around = {_around(route): route for route in routes if route.param_convertors}
        self._places = {place for place, _ in self._around}

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Pass the request on."""
        route = self._find(scope) if scope["type"] == "http" else None
        if route is None:
            return self._app(scope, receive, send)
        scope["route"] = route
        return route.app(scope, receive, send)

    def _find(self, scope: Scope) -> Route | None:
        path = scope["path"]
        if path in self._exact:
            return self._exact[path]
        segments = path.split("/")
        for place in self._places:
            value = segments[place] if len(segments) > place else ""
            route = self._around.get((place, (*segments[:place], *segments[place + 1 :]))) if value else None
            if route is not None:
                [name] = route.param_convertors
                scope["path_params"] = {name: value}
                return route
        return None


class SlashRedirect:
    """A router's default. Its redirects name no host: a request may claim any, and a proxy may have another."""

    def __init__(self, router: Router) -> None:
        self._router = router

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Redirect if the path without its slash is served; otherwise 404."""
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


def _around(route: Route) -> tuple[int, tuple[str, ...]]:
    """Where the parameter stands in a route's path, and the segments around it."""
    segments = route.path.split("/")
    [place] = [at for at, segment in enumerate(segments) if segment.startswith("{")]
    return place, (*segments[:place], *segments[place + 1 :])
