"""Who still calls: REST calls are counted by route, method, family of User-Agent and the token's client."""

from uuid import uuid4

import httpx
import pytest

from rest_compat import callers
from rest_compat.callers import agent_family
from tests.support.metrics import counted
from tests.support.organization import Organization

LEADS = "/api/v1/leads"
CALLS = "gateway_rest_calls_total"


def test_a_call_is_counted_by_its_route_whatever_it_answers(organization: Organization) -> None:
    labels = {"route": LEADS + "/{lead_id}", "method": "GET", "client": "curl", "token_client": "none"}
    before = counted(organization.url, CALLS, **labels)
    agent = {"User-Agent": "curl/8.5.0"}
    organization.http.get(f"{LEADS}/{organization.lead()}", headers=agent)
    organization.http.get(f"{LEADS}/{uuid4()}", headers=agent)
    httpx.get(f"{organization.url}{LEADS}/{uuid4()}", headers=agent)  # without a token
    assert counted(organization.url, CALLS, **labels) == before + 3


def test_other_methods_and_interfaces(organization: Organization) -> None:
    labels = {"route": LEADS, "method": "other"}
    before, all_before = counted(organization.url, CALLS, **labels), counted(organization.url, CALLS)
    organization.http.request("PROPFIND", LEADS)
    organization.http.request("QUERY", LEADS)
    organization.http.post("/graphql", json={"query": "{ viewer { userId } }"})
    organization.http.get("/api/v1/nothing")
    assert counted(organization.url, CALLS, **labels) == before + 2
    assert counted(organization.url, CALLS) == all_before + 2


@pytest.mark.parametrize(
    ("claims", "client"),
    [
        ({"azp": "booking-app"}, "booking-app"),
        ({"client_id": "crm sync ü"}, "crm sync ü"),
        ({"azp": "spa", "client_id": "cognito"}, "spa"),
        ({"azp": "", "client_id": "cognito"}, "cognito"),
        ({"azp": 7, "client_id": ["x"]}, "none"),
        ({"azp": "x" * 101}, "other"),
        ({}, "none"),
    ],
)
def test_the_tokens_client_is_told_apart(organization: Organization, claims: dict[str, object], client: str) -> None:
    before = counted(organization.url, CALLS, route=LEADS, token_client=client)
    with organization.client(**claims) as http:
        assert http.get(LEADS).status_code == 200
    assert counted(organization.url, CALLS, route=LEADS, token_client=client) == before + 1


def test_too_many_clients_are_one(organization: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callers, "MOST_CLIENTS", len(callers._known_clients) + 1)  # noqa: SLF001 (other tests add to them)
    labels = {"route": LEADS, "token_client": "other"}
    before = counted(organization.url, CALLS, **labels)
    for client in ("the last", "one more", "one more still", "the last"):
        with organization.client(azp=client) as http:
            http.get(LEADS)
    assert counted(organization.url, CALLS, **labels) == before + 2
    assert counted(organization.url, CALLS, route=LEADS, token_client="the last") == 2


@pytest.mark.parametrize(
    ("user_agent", "family"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64)", "browser"),
        ("python-requests/2.32.0", "python-requests"),
        ("Go-http-client/2.0", "go"),
        ("axios", "axios"),
        ("AcmeSync/4 (curl)", "other"),
        ("../../etc", "other"),
        ("(x)", "other"),
        ("", "none"),
    ],
)
def test_families_of_clients(user_agent: str, family: str) -> None:
    assert agent_family(user_agent) == family
