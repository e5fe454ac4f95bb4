"""The gateway as an ASGI application: what it serves, and what every request passes through."""

import asyncio
import gc
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from importlib import import_module
from typing import Any

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp, Lifespan, Scope

from gateway.auth import Authenticator
from gateway.budget import Budget
from gateway.database.listener import Listener
from gateway.database.pool import Database
from gateway.database.replicas import Replicated
from gateway.http.consistency import Consistency
from gateway.http.draining import Drain
from gateway.http.health import Readyz, healthz
from gateway.http.limits import RequestLimits
from gateway.http.protocol import STATE, ConnectionLimits
from gateway.http.request_shares import RequestShares
from gateway.http.routing import Shortcut, SlashRedirect
from gateway.metrics import MetricsEndpoint, count_request, forget_process
from gateway.sampling import Sampler
from gateway.settings import Settings, read_settings
from gateway.telemetry import RequestLog, configure_logging
from gateway_graphql.explorer import explorer_assets, explorer_page
from gateway_graphql.service import Service
from gateway_graphql.transports.http import GraphQLEndpoint, refusal
from gateway_graphql.transports.websocket import WebSocketEndpoint
from rest_compat.docs import docs_routes
from rest_compat.errors import error_response, exception_handlers
from rest_compat.resource import Gateway
from rest_compat.responses import EXPOSED_HEADERS, SENT_HEADERS
from rest_compat.routes import rest_routes


def create_app(settings: Settings | None = None, more: Sequence[BaseRoute] = ()) -> Starlette:
    """Make the application, with more routes if wanted. Without settings, reads them from the environment."""
    settings = settings or read_settings()
    # Only then: the extra that it needs is not installed everywhere.
    traces = import_module("gateway.tracing").Tracing() if settings.otel else None
    configure_logging(settings, *([traces.with_trace_id] if traces else []))
    authenticator, database = Authenticator(settings), _database(settings)
    budget, drain, requests = Budget(settings.budget), Drain(settings.drain), RequestShares(settings.max_requests)
    service = Service(settings, authenticator, database, budget, drain)
    if traces:
        traces.watch(database, settings.database_url, service.execute)

    graphql = Route("/graphql", GraphQLEndpoint(service, requests, explorer_page()))
    rest = rest_routes(Gateway(settings, authenticator, database, budget, requests))
    app = _Application(
        routes=[
            graphql,
            WebSocketRoute("/graphql", WebSocketEndpoint(service)),
            *explorer_assets(),
            *rest,
            *docs_routes(),
            Route("/healthz", healthz),
            Route("/readyz", Readyz(database, drain).answer),
            Route("/metrics", MetricsEndpoint(settings).answer),
            *more,
        ],
        middleware=[
            *([traces.middleware] if traces else []),
            Middleware(RequestLog, settings=settings, observe=count_request),
            *_cross_origin(settings),
            Middleware(RequestLimits, most=settings.max_body_bytes, respond=_refused),
            *([Middleware(Consistency)] if settings.replica_urls else []),
            Middleware(Shortcut, routes=[graphql, *rest]),
        ],
        exception_handlers=exception_handlers,
        lifespan=_lifespan(settings, authenticator, database, service, traces),
    )
    app.router.redirect_slashes = False  # those would name the host that the request names
    app.router.default = SlashRedirect(app.router)
    return app


class _Application(Starlette):
    def build_middleware_stack(self) -> ASGIApp:
        """Leave out Starlette's own around all others: what is unforeseen is RequestLog's to mask and to log."""
        app: ASGIApp = ExceptionMiddleware(self.router, handlers=self.exception_handlers)
        for make, arguments, options in reversed(self.user_middleware):
            app = make(app, *arguments, **options)
        return app


def _lifespan(
    settings: Settings, authenticator: Authenticator, database: Database, service: Service, traces: Any
) -> Lifespan[Starlette]:
    feeds, drain = service.feeds, service.drain
    listener = Listener(settings.session_url, feeds.wake, feeds.wake_all)
    sampler = Sampler(database, listener, feeds, {"tokens": authenticator, "documents": service.execute.documents})

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[dict[str, object]]:
        drain.on_signals()
        await database.open()
        running = [asyncio.create_task(listener.run()), asyncio.create_task(sampler.run())]
        try:
            yield {STATE: _connection_limits(settings, drain)}
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
            await database.close()
            if traces:
                await asyncio.to_thread(traces.close)
            forget_process()

    return lifespan


def _database(settings: Settings) -> Database:
    limits: dict[str, Any] = {
        "size": settings.pool_size,
        "timeout": settings.pool_timeout,
        "statement_timeout": settings.statement_timeout,
        "lock_timeout": settings.lock_timeout,
        "row_security": settings.row_security,
        "prepares": settings.prepare,
        "most_bytes": settings.max_answer_bytes,
    }
    if replica_urls := settings.replica_urls.split():
        return Replicated(settings.database_url, replica_urls, longest_lag=settings.replica_lag, **limits)
    return Database(settings.database_url, **limits)


def _refused(error: HTTPException, scope: Scope) -> Response:
    accept = Headers(scope=scope).get("accept")
    return refusal(error, accept) if scope["path"] == "/graphql" else error_response(error, accept, {})


def _connection_limits(settings: Settings, drain: Drain) -> ConnectionLimits:
    return ConnectionLimits(
        drain,
        connections=settings.max_connections,
        requests=settings.max_requests,
        head_bytes=settings.max_head_bytes,
        client_timeout=settings.client_timeout,
    )


def _cross_origin(settings: Settings) -> list[Middleware]:
    if not settings.cors_origins:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins.split(),
            allow_methods=["GET", "HEAD", "POST", "PATCH"],
            allow_headers=SENT_HEADERS,
            expose_headers=EXPOSED_HEADERS,
        )
    ]


def application() -> Starlette:
    """Make the application of a process that serves nothing else."""
    served = create_app()
    # What lives as long as the process need not be looked at by every collection: it is most of what there is.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 10)
    return served
