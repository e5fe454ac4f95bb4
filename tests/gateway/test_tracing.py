"""Traces and metrics, as they arrive at a collector."""

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from opentelemetry.context import attach, detach
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from gateway.settings import Settings
from gateway.tracing import Tracing
from tests.support.collector import Collector, attributes, collecting
from tests.support.organization import SECRET, Organization
from tests.support.server import serving

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
QUERY = 'query Inbox { conversations(filter: {search: "what a customer wrote"}) { nodes { id } totalCount } }'
SERVER, CLIENT = Span.SpanKind.SPAN_KIND_SERVER, Span.SpanKind.SPAN_KIND_CLIENT


@pytest.fixture(scope="module")
def collected(database_url: str, connection: psycopg.Connection) -> Iterator[Collector]:
    """What a gateway has sent when it stopped: a query, a mistaken one, a REST call."""
    with pytest.MonkeyPatch.context() as environment, collecting() as collector:
        environment.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        settings = Settings(database_url=database_url, jwt_secret=SECRET, otel=True, _env_file=None)
        with serving(settings) as url, Organization(connection, url) as organization:
            conversation_id = organization.conversation()
            headers = {"traceparent": f"00-{TRACE}-{PARENT}-01", "User-Agent": "tests"}
            organization.http.post("/graphql", json={"query": QUERY}, headers=headers)
            organization.http.post("/graphql", json={"query": "{ nonsense }"})
            organization.http.get(f"/api/v1/leads/{organization.lead()}")
            organization.http.get(f"/api/v1/conversations/{conversation_id}")
        yield collector


def of_trace(collected: Collector) -> dict[str, list[Span]]:
    """The spans of the query's trace, by their names."""
    found: dict[str, list[Span]] = {}
    for span in collected.spans:
        if span.trace_id.hex() == TRACE:
            found.setdefault(span.name, []).append(span)
    return found


def test_a_request_is_below_the_caller_s_span(collected: Collector) -> None:
    (request,) = of_trace(collected)["POST /graphql"]
    assert request.parent_span_id.hex() == PARENT
    assert request.kind == SERVER
    told = attributes(request)
    assert told["http.request.method"] == "POST"
    assert told["http.route"] == told["url.path"] == "/graphql"
    assert told["http.response.status_code"] == 200
    assert told["user_agent.original"] == "tests"


def test_an_operation_is_one_span_below_its_request(collected: Collector) -> None:
    trace = of_trace(collected)
    (operation,) = trace["query"]
    assert operation.parent_span_id == trace["POST /graphql"][0].span_id
    told = attributes(operation)
    assert (told["graphql.operation.type"], told["graphql.operation.name"]) == ("query", "Inbox")
    assert 'search: "*"' in told["graphql.document"]


def test_each_statement_is_a_span_below_its_operation_and_fields_are_none(collected: Collector) -> None:
    trace = of_trace(collected)
    statements = [span for spans in trace.values() for span in spans if span.kind == CLIENT]
    assert {span.parent_span_id for span in statements} == {trace["query"][0].span_id}
    assert sum(map(len, trace.values())) == len(statements) + 2
    assert all(span.name.startswith("SELECT ") for span in statements)
    told = attributes(statements[0])
    assert (told["db.system.name"], told["db.namespace"]) == ("postgresql", "gateway")
    assert told["db.query.summary"] == statements[0].name
    assert "$1" in told["db.query.text"]
    assert told["db.response.returned_rows"] >= 0


def test_no_span_holds_what_a_customer_wrote(collected: Collector) -> None:
    assert not [span for span in collected.spans if b"customer wrote" in span.SerializeToString()]


def test_what_goes_wrong_is_told(collected: Collector) -> None:
    (refused,) = [span for span in collected.spans if span.name == "GraphQL Operation"]
    assert attributes(refused)["error.type"] == "GRAPHQL_VALIDATION_FAILED"
    assert refused.status.code == refused.status.STATUS_CODE_ERROR


def test_rest_calls_are_named_by_their_route(collected: Collector) -> None:
    (call,) = [span for span in collected.spans if span.name == "GET /api/v1/leads/{lead_id}"]
    below = [span for span in collected.spans if span.parent_span_id == call.span_id]
    assert [span.kind for span in below] == [CLIENT]


def test_statements_that_are_sent_together_are_one_span(collected: Collector) -> None:
    (call,) = [span for span in collected.spans if span.name == "GET /api/v1/conversations/{conversation_id}"]
    (below,) = [span for span in collected.spans if span.parent_span_id == call.span_id]
    assert below.name == "SELECT conversations; SELECT conversations; SELECT messages"
    told = attributes(below)
    assert (told["db.operation.name"], told["db.operation.batch.size"]) == ("BATCH SELECT", 3)
    assert told["db.query.text"].count("; SELECT") == 2
    assert told["db.response.returned_rows"] == 2


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("http.server.request.duration", {"http.route": "/graphql", "http.request.method": "POST"}),
        ("db.client.operation.duration", {"db.system.name": "postgresql"}),
    ],
)
def test_durations_are_measured(collected: Collector, name: str, expected: dict[str, Any]) -> None:
    metric = collected.metrics[name]
    assert metric.unit == "s"
    points = [point for point in metric.histogram.data_points if expected.items() <= attributes(point).items()]
    assert sum(point.count for point in points) >= 2


def test_the_service_has_a_name(collected: Collector) -> None:
    assert "conversations-gateway" in collected.services


def test_logs_name_the_trace() -> None:
    assert "trace_id" not in Tracing.with_trace_id(None, "info", {})
    context = TraceContextTextMapPropagator().extract({"traceparent": f"00-{TRACE}-{PARENT}-01"})
    token = attach(context)
    try:
        assert Tracing.with_trace_id(None, "info", {"event": "request"}) == {"event": "request", "trace_id": TRACE}
    finally:
        detach(token)


def test_it_costs_nothing_where_it_is_off() -> None:
    loaded = "import sys, gateway.app; print('opentelemetry.sdk' in sys.modules or 'gateway.tracing' in sys.modules)"
    environment = {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", loaded], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_it_says_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.settings.find_spec", lambda _: None)
    with pytest.raises(ValueError, match=r"install conversations-gateway\[otel\]"):
        Settings(otel=True, _env_file=None)
