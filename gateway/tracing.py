"""Tracing: spans and metrics for an OpenTelemetry collector, named by its semantic conventions.

A span for each HTTP request, GraphQL operation and statement, none for fields. It is imported only where a setting asks
for it: what it wraps runs unwrapped otherwise. Where to send to, how often and what to leave out say the variables
`OTEL_...`, as for every program that uses the library.
"""

import os
import re
from collections.abc import Awaitable, Mapping
from functools import lru_cache, partial
from time import perf_counter
from typing import Any

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, StatusCode, get_current_span, use_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.typing import EventDict, WrappedLogger

from gateway.database.address import server_attributes
from gateway.database.pool import Database, Run
from gateway_graphql.answers import Answer
from gateway_graphql.context import Context
from gateway_graphql.execution import Executor
from gateway_graphql.operation import Operation

_NAME = "conversations-gateway"
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)  # the conventions' advice
_FROM = re.compile(r'\b(?:FROM|INTO|UPDATE)\s+"?(\w+)')
_TEXT = re.compile(r'"""(?:.|\n)*?"""|"(?:\\.|[^"\\\n])*"')
_SERVER_ERROR = 500


class Tracing:
    """A process's spans and metrics, on their way to the collector."""

    def __init__(self) -> None:
        resource = Resource.create({SERVICE_NAME: os.environ.get("OTEL_SERVICE_NAME", _NAME)})
        self._spans = TracerProvider(resource=resource)
        self._spans.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._meters = MeterProvider([PeriodicExportingMetricReader(OTLPMetricExporter())], resource=resource)
        self.tracer, meter = self._spans.get_tracer(_NAME), self._meters.get_meter(_NAME)
        self.requests = meter.create_histogram(
            "http.server.request.duration", "s", explicit_bucket_boundaries_advisory=_SECONDS
        )
        self._statements = meter.create_histogram(
            "db.client.operation.duration", "s", explicit_bucket_boundaries_advisory=_SECONDS
        )

    def close(self) -> None:
        """Send what is left. Blocks."""
        self._spans.shutdown()
        self._meters.shutdown()

    @staticmethod
    def with_trace_id(_logger: WrappedLogger, _method: str, entry: EventDict) -> EventDict:
        """Have a log's entry name the trace that it belongs to."""
        context = get_current_span().get_span_context()
        return {**entry, "trace_id": f"{context.trace_id:032x}"} if context.is_valid else entry

    @property
    def middleware(self) -> Middleware:
        """What makes each HTTP request a span."""
        return Middleware(_RequestSpans, tracing=self)

    def watch(self, database: Database, url: str, executor: Executor) -> None:
        """Make each GraphQL operation a span, and each statement of the database at `url`."""
        known = {"db.system.name": "postgresql", **server_attributes(url)}
        database.wrap(partial(self._watched, known))
        executor.around = self._operation

    def _watched(self, known: Mapping[str, str | int], run: Run) -> Run:
        async def watched(statement: Any, parameters: Mapping[str, object], *more: Any) -> list[Any]:
            summary, started = "; ".join(_summary(each.sql) for each in statement.parts), perf_counter()
            about = {**known, "db.query.summary": summary, "db.operation.name": summary.partition(" ")[0]}
            if len(statement.parts) > 1:
                about |= {"db.operation.name": "BATCH SELECT", "db.operation.batch.size": len(statement.parts)}
            with self.tracer.start_as_current_span(
                summary,
                kind=SpanKind.CLIENT,
                attributes={**about, "db.query.text": statement.sql},
                record_exception=False,
            ) as span:
                try:
                    rows = await run(statement, parameters, *more)
                except Exception as error:
                    about["error.type"] = type(error).__name__
                    span.set_attribute("error.type", about["error.type"])
                    raise
                else:
                    span.set_attribute("db.response.returned_rows", statement.count(rows))
                    return rows
                finally:
                    self._statements.record(perf_counter() - started, about)

        return watched

    async def _operation(self, answering: Awaitable[Answer], operation: Operation, context: Context) -> Answer:
        about = {"graphql.operation.type": context.type, "graphql.operation.name": context.operation}
        if operation.query is not None:
            about["graphql.document"] = _TEXT.sub('"*"', operation.query)
        present = {name: value for name, value in about.items() if value is not None}
        with self.tracer.start_as_current_span(
            context.type or "GraphQL Operation", kind=SpanKind.SERVER, attributes=present
        ) as span:
            answer = await answering
            if answer.errors:
                code = str(answer.errors[0]["extensions"]["code"])
                span.set_attribute("error.type", code)
                span.set_status(StatusCode.ERROR, code)
            return answer


class _RequestSpans:
    """Makes each HTTP request a span, below the one that its `traceparent` names."""

    def __init__(self, app: ASGIApp, tracing: Tracing) -> None:
        self._app = app
        self._tracing = tracing
        self._parent = TraceContextTextMapPropagator()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        span = self._tracing.tracer.start_span(scope["method"], self._parent.extract(headers), SpanKind.SERVER)
        started, status = perf_counter(), _SERVER_ERROR

        async def send_noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        with use_span(span, end_on_exit=True, record_exception=False):
            try:
                await self._app(scope, receive, send_noted)
            finally:
                about = _request_attributes(scope, status)
                self._tracing.requests.record(perf_counter() - started, about)
                _describe(span, scope, headers, about)


def _request_attributes(scope: Scope, status: int) -> dict[str, Any]:
    about = {
        "http.request.method": scope["method"],
        "http.response.status_code": status,
        "url.scheme": scope["scheme"],
        "network.protocol.version": scope["http_version"],
    }
    if "route" in scope:
        about["http.route"] = scope["route"].path
    if status >= _SERVER_ERROR:
        about["error.type"] = str(status)
    return about


def _describe(span: Span, scope: Scope, headers: Mapping[str, str], about: Mapping[str, Any]) -> None:
    if "http.route" in about:
        span.update_name(f"{scope['method']} {about['http.route']}")
    span.set_attributes({**about, "url.path": scope["path"]})
    if "user-agent" in headers:
        span.set_attribute("user_agent.original", headers["user-agent"])
    if scope.get("client"):
        span.set_attribute("client.address", scope["client"][0])
    if "error.type" in about:
        span.set_status(StatusCode.ERROR)


@lru_cache(maxsize=1000)
def _summary(sql: str) -> str:
    table = _FROM.search(sql)
    return sql.split(maxsplit=1)[0] + (f" {table[1]}" if table else "")
