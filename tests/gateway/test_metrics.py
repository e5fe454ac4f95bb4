"""`/metrics`: what is counted under which few labels, and who may see it."""

from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest

from gateway.settings import Settings
from tests.support.metrics import counted
from tests.support.organization import SECRET, Organization
from tests.support.server import serving

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


def test_the_pool_is_seen(organization: Organization) -> None:
    organization.http.get("/api/v1/leads")
    assert counted(organization.url, "gateway_pool_connections") >= 1


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
