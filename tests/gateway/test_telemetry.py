"""The request log: ids, one line a request, operations with their cost, slow ones with their SQL; no secrets."""

import re
import time
from collections.abc import Iterator
from typing import Any

import httpx
import psycopg
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.settings import Settings
from gateway.telemetry import RequestLog
from tests.support.logs import logged
from tests.support.organization import SECRET, Organization
from tests.support.server import serving
from tests.support.socket import acknowledged, opened

QUERY = "query ($secret: String) { conversations(filter: {search: $secret}) { totalCount } }"


class TestRequestIds:
    """`X-Request-ID` is on every answer."""

    @pytest.mark.parametrize("given", ["a", "7f1c-22", "trace:1/2@x_y=z+", "x" * 128])
    def test_a_sane_one_is_kept(self, gateway_url: str, given: str) -> None:
        answer = httpx.get(f"{gateway_url}/healthz", headers={"X-Request-ID": given})
        assert answer.headers["X-Request-ID"] == given

    @pytest.mark.parametrize("given", ["", "a b", "x" * 129, "a\tb", '"', "<script>", "ü", "{}", "a,b"])
    def test_another_one_is_not(self, gateway_url: str, given: str) -> None:
        answer = httpx.get(f"{gateway_url}/healthz", headers={b"X-Request-ID": given.encode()})
        assert re.fullmatch("[0-9a-f]{32}", answer.headers["X-Request-ID"])

    def test_each_request_has_its_own(self, gateway_url: str) -> None:
        assert len({httpx.get(f"{gateway_url}/healthz").headers["X-Request-ID"] for _ in range(3)}) == 3

    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [
            ("GET", "/nothing", 404),
            ("POST", "/healthz", 405),
            ("PUT", "/graphql", 405),
            ("GET", "/graphql", 401),
            ("GET", "/api/v1/conversations", 401),
        ],
    )
    def test_refusals_have_one(self, gateway_url: str, method: str, path: str, status: int) -> None:
        answer = httpx.request(method, gateway_url + path, headers={"X-Request-ID": "mine"})
        assert (answer.status_code, answer.headers["X-Request-ID"]) == (status, "mine")

    def test_a_sockets_handshake_has_one(self, organization: Organization) -> None:
        with opened(organization) as socket:
            answer = socket.connection.response
        assert answer
        assert re.fullmatch("[0-9a-f]{32}", answer.headers["X-Request-ID"])


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_logs_hold_neither_tokens_nor_what_was_sent(organization: Organization, log_format: str) -> None:
    secret = "what a customer wrote"
    headers = {"X-Request-ID": "request-8", "Cookie": f"c={secret}"}
    with logged(log_format) as logs:
        request = {"query": QUERY, "variables": {"secret": secret}}
        organization.http.post("/graphql", params={"q": secret}, json=request, headers=headers)
        text = logs.after("request-8")
    assert "/graphql" in text
    assert secret not in text
    assert organization.http.headers["Authorization"].removeprefix("Bearer ") not in text


def test_a_request_is_one_line(organization: Organization) -> None:
    with logged("json") as logs:
        organization.http.get("/nothing", headers={"X-Request-ID": "request-9"})
        logs.after("request-9")
    (entry,) = logs.entries()
    assert entry["event"] == "request"
    assert entry["level"] == "info"
    assert (entry["method"], entry["path"], entry["status"]) == ("GET", "/nothing", 404)
    assert entry["request_id"] == "request-9"
    assert 0 <= entry["milliseconds"] < 5_000
    assert entry["timestamp"].endswith("Z")


def logged_request(organization: Organization, body: object) -> dict[str, Any]:
    """What is logged of one POST to /graphql."""
    with logged("json") as logs:
        organization.http.post("/graphql", json=body, headers={"X-Request-ID": "request-12"})
        logs.after("request-12")
    (entry,) = logs.entries()
    return dict(entry)


def test_an_operation_is_told_with_what_it_cost(organization: Organization) -> None:
    organization.conversation()
    entry = logged_request(
        organization, {"query": "query Inbox { conversations(first: 7) { nodes { id lead { name } } } }"}
    )
    told = {name: entry[name] for name in ("operation", "type", "cost", "statements")}
    assert told == {"operation": "Inbox", "type": "query", "cost": 7, "statements": 2}
    anonymous = logged_request(organization, {"query": "mutation { __typename }"})
    assert (anonymous["operation"], anonymous["type"], anonymous["statements"]) == (None, "mutation", 0)
    assert "operation" not in logged_request(organization, {"query": "{ nonsense }"})


def test_a_batch_is_told_as_one(organization: Organization) -> None:
    query = {"query": "{ leads(first: 3) { nodes { id } } }"}
    entry = logged_request(organization, [query, query])
    assert (entry["operations"], entry["cost"], entry["statements"]) == (2, 6, 2)


def test_a_rest_call_tells_its_statements(organization: Organization) -> None:
    with logged("json") as logs:
        organization.http.get("/api/v1/leads", headers={"X-Request-ID": "request-13"})
        logs.after("request-13")
    (entry,) = logs.entries()
    assert entry["statements"] == 2  # the page, and the list's length
    assert "operation" not in entry


def test_an_operation_of_a_socket_is_told_when_it_ends(organization: Organization) -> None:
    with logged("json") as logs:
        with acknowledged(organization) as socket:
            socket.data("query Who { viewer { userId } }")
            subscription = socket.subscribe("subscription Watch { leadChanged { id } }")
            socket.settle()
            time.sleep(0.1)
            socket.send("complete", id=subscription)
            socket.settle()
        entries = {entry["operation"]: entry for entry in logs.entries() if entry["event"] == "operation"}
    assert (entries["Who"]["type"], entries["Who"]["statements"]) == ("query", 0)
    assert entries["Watch"]["type"] == "subscription"
    assert entries["Watch"]["milliseconds"] >= 100
    assert entries["Who"]["request_id"] == entries["Watch"]["request_id"]


class TestSlowLog:
    """What takes long is logged with its statements."""

    QUERY = "query Slow ($like: String) { leads(filter: {search: $like}) { nodes { id } } }"

    @pytest.fixture
    def slow(self, database_url: str, connection: psycopg.Connection) -> Iterator[Organization]:
        """An organization whose gateway finds everything slow."""
        settings = Settings(database_url=database_url, jwt_secret=SECRET, slow_milliseconds=1, _env_file=None)
        with serving(settings) as url, Organization(connection, url) as organization:
            yield organization

    def test_with_the_sql_and_without_values(self, slow: Organization) -> None:
        slow.lead(name="what a customer is called")
        with logged("json") as logs:
            asked = {"query": self.QUERY, "variables": {"like": "what a customer is called"}}
            slow.http.post("/graphql", json=asked, headers={"X-Request-ID": "request-14"})
            text = logs.after("request-14")
        (entry,) = [each for each in logs.entries() if each["event"] == "slow"]
        assert (entry["level"], entry["operation"], entry["request_id"]) == ("warning", "Slow", "request-14")
        (ran,) = entry["sql"]
        assert ran["sql"].startswith("SELECT ")
        assert "$1" in ran["sql"]
        assert ran["rows"] == 1
        assert 0 < ran["milliseconds"] <= entry["milliseconds"]
        assert "customer" not in text

    def test_over_a_socket(self, slow: Organization) -> None:
        with logged("json") as logs, acknowledged(slow) as socket:
            socket.data(self.QUERY)
            socket.settle()
            assert "slow" in [each["event"] for each in logs.entries() if each.get("operation") == "Slow"]

    def test_but_not_what_is_fast(self, organization: Organization) -> None:
        with logged("json") as logs:
            organization.http.post("/graphql", json={"query": self.QUERY}, headers={"X-Request-ID": "request-15"})
            logs.after("request-15")
        assert [each["event"] for each in logs.entries()] == ["request"]


def test_answers_say_what_they_took_where_a_setting_asks_for_it(
    organization: Organization, database_url: str, connection: psycopg.Connection
) -> None:
    settings = Settings(database_url=database_url, jwt_secret=SECRET, server_timing=True, _env_file=None)
    with serving(settings) as url, Organization(connection, url) as debugged:
        answers = {
            2: debugged.http.post("/graphql", json={"query": "{ leads { nodes { id } totalCount } }"}),
            1: debugged.http.get(f"/api/v1/leads/{debugged.lead()}"),
        }
        for statements, answer in answers.items():
            found = re.fullmatch(
                rf'total;dur=([0-9.]+), db;dur=([0-9.]+);desc="{statements} statements"',
                answer.headers["Server-Timing"],
            )
            assert found is not None, answer.headers["Server-Timing"]
            assert float(found[2]) > 0
    assert "Server-Timing" not in organization.http.get("/api/v1/leads").headers


def test_a_path_cannot_forge_a_line(organization: Organization) -> None:
    with logged("console") as logs:
        organization.http.get("/a%0Aforged", headers={"X-Request-ID": "request-10"})
        text = logs.after("request-10")
    assert not [line for line in text.splitlines() if line.startswith("forged")]


async def test_an_unforeseen_error_tells_nothing_but_has_an_id() -> None:
    async def mistaken(_: Request) -> Response:
        raise RuntimeError("what a customer wrote")

    observed: list[int] = []
    log = Middleware(
        RequestLog, settings=Settings(_env_file=None), observe=lambda _, status, __: observed.append(status)
    )
    app = Starlette(routes=[Route("/", mistaken)], middleware=[log])
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    with logged("json") as logs:
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
            answer = await client.get("/", headers={"X-Request-ID": "request-11"})
    assert (answer.status_code, answer.headers["X-Request-ID"], observed) == (500, "request-11", [500])
    assert "customer" not in answer.text
    assert [entry["level"] for entry in logs.entries()] == ["error", "info"]
    assert {entry["request_id"] for entry in logs.entries()} == {"request-11"}
