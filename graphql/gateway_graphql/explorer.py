"""The page that browsers are shown at /graphql."""

from starlette.responses import HTMLResponse, Response


def explorer_page() -> Response:
    """Make the page."""
    return HTMLResponse("<!doctype html><title>GraphiQL</title>")
