"""`/metrics`: what is counted under which few labels, and who may see it."""

from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest

from gateway.settings import Settings
from tests.support.metrics import counted
from tests.support.organization import SECRET, Organization, token
from tests.support.server import serving
from tests.support.socket import acknowledged
from tests.support.waiting import until

ROUTE = "/api/v1/leads/{lead_id}"


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("gateway_requests_total", {"route": ROUTE, "method": "GET", "status": "404"}),
        ("gateway_request_seconds_count", {"route": ROUTE, "method": "GET"}),
    ],
)
def test_a_call_is_counted_by_its_route(organization: Organization, name: str, labels: dict[str, str]) -> None:
    before = counted(organization.url, name, **labels)
    organization.http.get(f"/api/v1/leads/{uuid4()}", headers={"User-Agent": "curl/8.5.0"})
    assert counted(organization.url, name, **labels) == before + 1


def test_what_is_not_served_has_one_label(organization: Organization) -> None:
    labels = {"route": "other", "method": "other", "status": "404"}
    before = counted(organization.url, "gateway_requests_total", **labels)
    for number in range(3):
        organization.http.request("PROPFIND", f"/coffee/{number}", headers={"User-Agent": f"pot-{number}"})
    assert counted(organization.url, "gateway_requests_total", **labels) == before + 3
    assert "coffee" not in httpx.get(f"{organization.url}/metrics").text


@pytest.mark.parametrize(
    ("query", "labels"),
    [
        ("{ leads { nodes { id } } }", {"type": "query", "outcome": "ok"}),
        ('mutation { createLead(input: {name: "Jane"}) { lead { id } } }', {"type": "mutation", "outcome": "ok"}),
        ('{ leads(after: "x") { nodes { id } } }', {"type": "query", "outcome": "errors"}),
        ("{ leads { nonsense } }", {"type": "other", "outcome": "refused"}),
    ],
)
def test_an_operation_is_counted_by_its_type(organization: Organization, query: str, labels: dict[str, str]) -> None:
    before = counted(organization.url, "gateway_operation_seconds_count", **labels)
    organization.http.post("/graphql", json={"query": query})
    assert counted(organization.url, "gateway_operation_seconds_count", **labels) == before + 1


def test_statements_of_an_operation_are_a_histogram(organization: Organization) -> None:
    within = {le: {"type": "query", "le": le} for le in ("1.0", "2.0")}
    before = {
        le: counted(organization.url, "gateway_operation_statements_bucket", **labels) for le, labels in within.items()
    }
    organization.http.post("/graphql", json={"query": "{ leads { nodes { id } totalCount } }"})
    assert counted(organization.url, "gateway_operation_statements_bucket", **within["1.0"]) == before["1.0"]
    assert counted(organization.url, "gateway_operation_statements_bucket", **within["2.0"]) == before["2.0"] + 1


def eventually(url: str, name: str, least: float, **labels: str) -> None:
    """Wait until a sample is taken, and has at least this value."""
    until(lambda: counted(url, name, **labels) >= least, told=lambda: f"{name} is {counted(url, name, **labels)}")


def test_what_a_process_holds_is_seen(organization: Organization) -> None:
    organization.http.get("/api/v1/leads")
    eventually(organization.url, "gateway_pool_connections", 1)
    eventually(organization.url, "gateway_listener_connected", 1)
    eventually(organization.url, "gateway_listener_lag_seconds", 1e-6)
    assert counted(organization.url, "gateway_listener_lag_seconds") < 5


@pytest.mark.parametrize(
    ("cache", "asked"), [("documents", "hit"), ("tokens", "hit"), ("documents", "miss"), ("tokens", "miss")]
)
def test_caches_are_counted(organization: Organization, cache: str, asked: str) -> None:
    name, labels = "gateway_cache_lookups_total", {"cache": cache, "result": asked}
    before = counted(organization.url, name, **labels)
    for number in range(3):
        new = f"{number}_{uuid4().hex}" if asked == "miss" else ""
        headers = {"Authorization": f"Bearer {token(organization.id, sub=f'user-{new}')}"} if new else {}
        organization.http.post("/graphql", json={"query": f"{{ viewer {{ alias{new}: userId }} }}"}, headers=headers)
    eventually(organization.url, name, before + 2, **labels)


def test_subscribers_are_counted(organization: Organization) -> None:
    with acknowledged(organization) as socket:
        socket.subscribe("subscription { leadChanged { id } }")
        eventually(organization.url, "gateway_subscribers", 1, feed="leads")


@pytest.fixture
def guarded(database_url: str) -> Iterator[str]:
    """A gateway that shows its metrics to the holder of a token."""
    settings = Settings(database_url=database_url, jwt_secret=SECRET, metrics_token="for-prometheus", _env_file=None)
    with serving(settings) as url:
        yield f"{url}/metrics"


def test_a_token_can_be_asked_for(guarded: str) -> None:
    assert httpx.get(guarded, headers={"Authorization": "Bearer for-prometheus"}).status_code == 200
    for authorization in (b"", b"Bearer other", b"Bearer \xff"):
        answer = httpx.get(guarded, headers={b"Authorization": authorization})
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
        assert answer.json() == {"detail": "Not authenticated"}
