"""Metrics for Prometheus: requests, operations, the pool, subscribers, caches. Labels have few values by design."""

import os
import secrets
from threading import Lock

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from gateway.settings import Settings
from gateway.tallies import Observations, Tally

SHARED_BY = "PROMETHEUS_MULTIPROC_DIR"
"""The environment variable that names the directory where several processes count together."""

_LABELS = ["route", "method"]
_BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_STATEMENT_BUCKETS = (0, 1, 2, 3, 4, 6, 8, 12, 20, 50)
_REQUESTS = Counter("gateway_requests", "Requests that were answered.", [*_LABELS, "status"])
_SECONDS = Histogram("gateway_request_seconds", "Seconds until the answer was sent.", _LABELS, buckets=_BUCKETS)
_OPERATION_SECONDS = Histogram(
    "gateway_operation_seconds", "Seconds that GraphQL operations took.", ["type", "outcome"], buckets=_BUCKETS
)
_STATEMENTS = Histogram(
    "gateway_operation_statements",
    "Statements that GraphQL operations ran.",
    ["type"],
    buckets=_STATEMENT_BUCKETS,
)
CONNECTIONS = Gauge("gateway_pool_connections", "Open database connections.", multiprocess_mode="livesum")
BUSY = Gauge("gateway_pool_busy", "Database connections that are in use.", multiprocess_mode="livesum")
WAITING = Gauge("gateway_pool_waiting", "Statements that wait for a connection.", multiprocess_mode="livesum")
SUBSCRIBERS = Gauge("gateway_subscribers", "Subscriptions, by what they watch.", ["feed"], multiprocess_mode="livesum")
LISTENING = Gauge("gateway_listener_connected", "Whether announcements are listened for.", multiprocess_mode="livemin")
LAG = Gauge("gateway_listener_lag_seconds", "How late announcements are.", multiprocess_mode="livemax")
LOOKUPS = Counter("gateway_cache_lookups", "What was looked for in a cache.", ["cache", "result"])
_REFUSED = Counter(
    "gateway_refused",
    "What was refused or cut off, because there was no room for it or its client was slow.",
    ["reason"],
)
REPLICAS = Gauge("gateway_replicas", "Replicas that are asked, as one process sees it.", multiprocess_mode="livemin")

_requests = Tally(_REQUESTS)
_seconds = Observations(_SECONDS, _BUCKETS)
_operation_seconds = Observations(_OPERATION_SECONDS, _BUCKETS)
_statements = Observations(_STATEMENTS, _STATEMENT_BUCKETS)
_flushing = Lock()  # a process may run several gateways, each in a thread

_ELSEWHERE = "other"
_METHODS = frozenset({"GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"})


def count_request(scope: Scope, status: int, seconds: float) -> None:
    """Count an HTTP request that was answered, and time it."""
    route = scope["route"].path if "route" in scope else _ELSEWHERE
    method = scope["method"] if scope["method"] in _METHODS else _ELSEWHERE
    _requests.count(route, method, status)
    _seconds.observe(seconds, route, method)


def count_operation(type: str | None, outcome: str, seconds: float, statements: int) -> None:
    """Count a GraphQL operation, and time it. Its type is None where it could not be read."""
    _operation_seconds.observe(seconds, type or _ELSEWHERE, outcome)
    _statements.observe(statements, type or _ELSEWHERE)


def flush() -> None:
    """Add to the metrics what was counted since the last flush. Other processes see no more than that."""
    with _flushing:
        for tally in (_requests, _seconds, _operation_seconds, _statements):
            tally.flush()


def count_refusal(reason: str) -> None:
    """Count what was refused or cut off. The reasons are those listed below."""
    _REFUSED.labels(reason).inc()


for _reason in (
    *("requests", "connections", "sockets", "subscriptions"),
    *("head", "slow_request", "slow_answer", "slow_stream"),
):
    _REFUSED.labels(_reason)  # seen from the beginning: a rate needs a value before the first


class MetricsEndpoint:
    """`/metrics`: what this process counted, or where several share a directory, all of them."""

    def __init__(self, settings: Settings) -> None:
        self._token = settings.metrics_token and f"Bearer {settings.metrics_token.get_secret_value()}".encode()

    async def answer(self, request: Request) -> Response:
        """Answer in Prometheus' text format."""
        given = request.headers.get("authorization", "").encode("latin-1")
        if self._token and not secrets.compare_digest(given, self._token):
            raise HTTPException(401, "Not authenticated", {"WWW-Authenticate": "Bearer"})
        flush()
        return Response(generate_latest(_registry()), media_type=CONTENT_TYPE_LATEST)


def forget_process() -> None:
    """Flush, and take this process's gauges out of the sums, before it ends."""
    flush()
    if SHARED_BY in os.environ:
        mark_process_dead(os.getpid())  # type: ignore[no-untyped-call]  # the library leaves it so


def _registry() -> CollectorRegistry:
    if SHARED_BY not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the library leaves it so
    return registry
