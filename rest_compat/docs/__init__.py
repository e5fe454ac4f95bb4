"""Docs: the OpenAPI document, and the page to read it, with its own assets."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route

from gateway.http.pages import assets, guarded
from rest_compat.openapi import openapi_json

_PAGE = Path(__file__).parent / "page"


def docs_routes() -> list[BaseRoute]:
    """Make the routes. None of them asks for a token."""
    document = openapi_json()

    async def openapi(_: Request) -> Response:
        return Response(document, media_type="application/json", headers={"Cache-Control": "no-cache"})

    async def page(_: Request) -> Response:
        return FileResponse(_PAGE / "index.html", headers={**guarded(), "Cache-Control": "no-cache"})

    return [Route("/openapi.json", openapi), Route("/docs", page), assets("/docs", _PAGE, guarded(), built=False)]
