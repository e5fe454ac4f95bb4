"""The gateway as the demo serves it: with a page at `/` that needs no token to be typed."""

from starlette.applications import Starlette

from gateway.app import create_app
from gateway.demo import demo_token
from gateway.demo.home import home_routes
from gateway.settings import read_settings


def application() -> Starlette:
    """Make the application of a process that serves nothing else."""
    settings = read_settings()
    return create_app(settings, home_routes(lambda: demo_token(settings)))
