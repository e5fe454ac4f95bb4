"""The demo's application: the gateway, and a page at `/` that has its token already."""

from starlette.applications import Starlette

from gateway.app import create_app
from gateway.demo import demo_token
from gateway.demo.home import home_routes
from gateway.settings import read_settings


def application() -> Starlette:
    """Make the application of a process that serves nothing else."""
    settings = read_settings()
    return create_app(settings, home_routes(lambda: demo_token(settings)))
