"""The way out: every call names a GraphQL operation that answers the same."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from rest_compat.call import Call
from rest_compat.routes import CALLS, PREFIX
from tests.support.legacy import legacy
from tests.support.organization import Organization

PREFERRED = {"Prefer": "graphql"}


def successor(http: httpx.Client, method: str, path: str, **given: Any) -> dict[str, Any]:
    """The operation that replaces a call."""
    headers = {**PREFERRED, **given.pop("headers", {})}
    answer = http.request(method, "/api/v1" + path, headers=headers, **given)
    assert answer.status_code == 200, answer.text
    assert answer.headers["preference-applied"] == "graphql"
    assert "Prefer" in answer.headers["vary"]
    operation: dict[str, Any] = answer.json()
    return operation


def run(http: httpx.Client, operation: dict[str, Any]) -> Any:
    """What the operation's one root field answers."""
    answer = http.post("/graphql", json=operation).json()
    assert "errors" not in answer, answer["errors"]
    [field] = answer["data"].values()
    return field


@pytest.mark.parametrize(
    "query", ["", "page=2&size=7", "page=7&size=7", "page=8&size=7", "status=active&channel=web&size=100", "page=999"]
)
@pytest.mark.usefixtures("many")
def test_conversations(organization: Organization, query: str) -> None:
    path = f"/conversations?{query}"
    shown = organization.http.get("/api/v1" + path).json()
    found = run(organization.http, successor(organization.http, "GET", path))
    assert legacy(found["nodes"]) == shown["conversations"]
    assert found["totalCount"] == shown["total"]


def test_conversations_of_a_lead(organization: Organization, conversation_id: UUID) -> None:
    lead_id = organization.http.get(f"/api/v1/conversations/{conversation_id}").json()["lead_id"]
    organization.conversation()
    operation = successor(organization.http, "GET", f"/conversations?lead_id={lead_id}")
    assert [node["id"] for node in run(organization.http, operation)["nodes"]] == [str(conversation_id)]


def test_a_conversation(organization: Organization, conversation_id: UUID) -> None:
    path = f"/conversations/{conversation_id}"
    shown = legacy(run(organization.http, successor(organization.http, "GET", path)))
    shown["messages"] = shown["messages"]["nodes"]
    assert shown == organization.http.get("/api/v1" + path).json()


@pytest.mark.parametrize("query", ["", "limit=1", "limit=1&offset=1", "offset=2", "limit=500&offset=9"])
def test_messages(organization: Organization, conversation_id: UUID, query: str) -> None:
    path = f"/conversations/{conversation_id}/messages?{query}"
    shown = run(organization.http, successor(organization.http, "GET", path))
    assert legacy(shown["messages"]["nodes"]) == organization.http.get("/api/v1" + path).json()


@pytest.mark.parametrize("query", ["", "page=2&size=2", "search=jan&channel=email", "search=", "status=no_show"])
def test_leads(organization: Organization, query: str) -> None:
    for number in range(5):
        organization.lead(name=f"Jane {number}", channel="email" if number % 2 else "web")
    path = f"/leads?{query}"
    shown = organization.http.get("/api/v1" + path).json()
    found = run(organization.http, successor(organization.http, "GET", path))
    assert legacy(found["nodes"]) == shown["leads"]
    assert found["totalCount"] == shown["total"]


def test_a_lead(organization: Organization) -> None:
    path = f"/leads/{organization.lead(metadata={'camelCase': 'KEPT'})}"
    found = run(organization.http, successor(organization.http, "GET", path))
    assert legacy(found) == organization.http.get("/api/v1" + path).json()


def test_a_status_is_changed_by_the_successor_only(organization: Organization, conversation_id: UUID) -> None:
    path = f"/conversations/{conversation_id}"
    operation = successor(organization.http, "PATCH", path, json={"status": "escalated"})
    assert organization.http.get("/api/v1" + path).json()["status"] == "active"
    found = run(organization.http, operation)
    assert found["userErrors"] == []
    item = organization.http.get("/api/v1/conversations").json()["conversations"][0]
    assert legacy(found["conversation"]) == item
    assert item["status"] == "escalated"


def test_a_lead_is_created_by_the_successor_only(organization: Organization) -> None:
    body = {"name": "Jane", "channel": "email", "preferred_services": ["x"], "metadata": {"snake_case": "KEPT"}}
    headers = {"Idempotency-Key": "k"}
    operation = successor(organization.http, "POST", "/leads", json=body, headers=headers)
    assert organization.http.get("/api/v1/leads").json()["total"] == 0
    found = legacy(run(organization.http, operation)["lead"])
    assert found == organization.http.get(f"/api/v1/leads/{found['id']}").json()
    assert {key: found[key] for key in body} == body
    assert organization.http.post("/api/v1/leads", json=body, headers=headers).json()["id"] == found["id"]


def test_a_lead_is_changed_by_the_successor_only(organization: Organization) -> None:
    path = f"/leads/{organization.lead(email='jane@example.com', phone='1')}"
    operation = successor(organization.http, "PATCH", path, json={"email": None, "status": "no_show"})
    found = legacy(run(organization.http, operation)["lead"])
    assert (found["email"], found["phone"], found["status"]) == (None, "1", "no_show")
    assert found == organization.http.get("/api/v1" + path).json()


def test_what_the_call_refuses_is_refused_first(organization: Organization) -> None:
    assert organization.http.get("/api/v1/leads?page=0", headers=PREFERRED).status_code == 422
    assert httpx.get(organization.url + "/api/v1/leads", headers=PREFERRED).status_code == 401


def test_other_preferences_are_none(organization: Organization) -> None:
    answer = organization.http.get("/api/v1/leads", headers={"Prefer": "return=minimal, respond-async"})
    assert answer.json()["total"] == 0
    assert "preference-applied" not in answer.headers


def test_a_conversation_of_more_than_a_page(organization: Organization) -> None:
    conversation_id = organization.conversation()
    organization.sql(
        "INSERT INTO messages (organization_id, conversation_id, role, content)"
        " SELECT %s, %s, 'user', n FROM generate_series(1, 1001) AS n ORDER BY n",
        organization.id,
        conversation_id,
    )
    operation = successor(organization.http, "GET", f"/conversations/{conversation_id}")
    shown, more = [], True
    while more:
        found = run(organization.http, operation)["messages"]
        shown += legacy(found["nodes"])
        more = found["pageInfo"]["hasNextPage"]
        operation["variables"]["after"] = found["pageInfo"]["endCursor"]
    assert shown == organization.http.get(f"/api/v1/conversations/{conversation_id}").json()["messages"]
    assert len(shown) == 1001


BODIES: dict[str, dict[str, str]] = {
    "update_conversation_status": {"status": "completed"},
    "create_lead": {"name": "x"},
    "update_lead": {},
}
EVERY_CALL = [(method, path, call) for path, calls in CALLS.items() for method, call in calls.items()]


@pytest.mark.parametrize(("method", "path", "call"), EVERY_CALL, ids=lambda each: getattr(each, "status", each))
def test_every_call_has_one_that_runs(
    organization: Organization, conversation_id: UUID, method: str, path: str, call: Call
) -> None:
    body = BODIES.get(call.operation.__name__)
    there = {"conversation_id": conversation_id, "lead_id": organization.lead()}
    assert run(organization.http, successor(organization.http, method, path.format(**there), json=body))
    # What is 404 there is null here, or the caller's to mend.
    missing = path.format(conversation_id=uuid4(), lead_id=uuid4())
    if missing != path:
        assert organization.http.request(method, PREFIX + missing, json=body).status_code == 404
        found = run(organization.http, successor(organization.http, method, missing, json=body))
        assert found is None or [error["code"] for error in found["userErrors"]] == ["NOT_FOUND"]


def test_what_is_409_there_is_a_conflict_here(organization: Organization) -> None:
    headers = {"Idempotency-Key": "used"}
    organization.http.post("/api/v1/leads", json={"name": "x"}, headers=headers)
    found = run(organization.http, successor(organization.http, "POST", "/leads", json={"name": "y"}, headers=headers))
    assert [error["code"] for error in found["userErrors"]] == ["CONFLICT"]


def test_every_document_has_the_name_that_clients_see() -> None:
    names = [call.successor.name for calls in CALLS.values() for call in calls.values()]
    assert sorted(names) == sorted(set(names))
    assert all(call.successor.name in call.successor.document for calls in CALLS.values() for call in calls.values())
