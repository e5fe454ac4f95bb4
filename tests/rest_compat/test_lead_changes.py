"""Creating and changing leads: what is taken, what is refused and where, and that trying again is safe."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from tests.support.fastapi_peer import peer
from tests.support.organization import Organization

PATH = "/api/v1/leads"
FULL: dict[str, Any] = {
    "name": "Zoë 😀",
    "phone": "+49 123",
    "email": "zoe@example.com",
    "company": "Keller GmbH",
    "channel": "telegram",
    "channel_id": "4711",
    "preferred_services": ["haircut", "ß"],
    "appointment_notes": "after five\nplease",
    "metadata": {"tags": ["regular"], "visits": 10**20, "nested": {"a": None}},
}
EMPTY = ("phone", "email", "company", "channel_id", "appointment_notes")
ODD: list[dict[str, Any]] = [
    {"name": None},
    {"name": 1},
    {"name": ["x"]},
    {"name": "x", "channel": "sms"},
    {"name": "x", "channel": None},
    {"name": "x", "phone": 49123},
    {"name": "x", "email": {}},
    {"name": "x", "preferred_services": "haircut"},
    {"name": "x", "preferred_services": [1, None]},
    {"name": "x", "preferred_services": None},
    {"name": "x", "metadata": []},
    {"name": "x", "metadata": None},
    {"name": ""},
    {"name": " \t"},
    {"name": "a\0b"},
    {"name": "x" * 501},
    {"name": "x", "company": "x" * 501},
    {"name": "x", "preferred_services": ["x"] * 101},
]


@pytest.fixture
def lead_id(organization: Organization) -> UUID:
    return organization.lead(**FULL, status="contacted")


def created(organization: Organization, **body: Any) -> dict[str, Any]:
    answer = organization.http.post(PATH, json=body)
    assert answer.status_code == 201, answer.text
    record: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"{PATH}/{record['id']}"
    return record


def test_a_new_lead_is_the_full_record(organization: Organization) -> None:
    record = created(organization, **FULL, status="booked", unknown=1)
    assert {key: record[key] for key in FULL} == FULL
    assert record["status"] == "new"  # what is new is new, whatever else was sent
    assert record == organization.http.get(f"{PATH}/{record['id']}").json()


def test_only_the_name_is_required(organization: Organization) -> None:
    record = created(organization, name="x")
    assert [record[key] for key in EMPTY] == [None] * len(EMPTY)
    assert (record["channel"], record["preferred_services"], record["metadata"]) == ("web", [], {})


async def refused(organization: Organization, method: str, path: str, body: object) -> list[dict[str, Any]]:
    """The errors of a body that must be refused, the same words as FastAPI has them."""
    answer = organization.http.request(method, path, json=body)
    assert answer.status_code == 422, answer.text
    transport = httpx.ASGITransport(peer)
    headers = organization.http.headers
    async with httpx.AsyncClient(transport=transport, base_url="http://legacy", headers=headers) as legacy:
        assert answer.text == (await legacy.request(method, path, json=body)).text
    errors: list[dict[str, Any]] = answer.json()["detail"]
    return errors


@pytest.mark.parametrize("body", [*ODD, {}, [], None, "x"], ids=lambda body: str(body)[:40])
async def test_odd_new_leads_are_refused_as_fastapi_does(organization: Organization, body: object) -> None:
    [error, *_] = await refused(organization, "POST", PATH, body)
    assert error["loc"][0] == "body"
    assert organization.http.get(PATH).json()["total"] == 0


@pytest.mark.parametrize("body", [*ODD, {"status": "done"}, {"status": None}, []], ids=lambda body: str(body)[:40])
async def test_odd_changes_are_refused_as_fastapi_does(organization: Organization, lead_id: UUID, body: object) -> None:
    before = organization.http.get(f"{PATH}/{lead_id}").json()
    await refused(organization, "PATCH", f"{PATH}/{lead_id}", body)
    assert organization.http.get(f"{PATH}/{lead_id}").json() == before


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"metadata": {"a": "\0"}}, "metadata"),
        ({"metadata": {"a": "x" * 100_001}}, "metadata"),
        ({"name": "\x1c"}, "name"),
    ],
)
def test_what_no_schema_says_is_refused_by_its_field(
    organization: Organization, lead_id: UUID, body: dict[str, Any], field: str
) -> None:
    for answer in (
        organization.http.patch(f"{PATH}/{lead_id}", json=body),
        organization.http.post(PATH, json={"name": "x", **body}),
    ):
        assert answer.status_code == 422
        [error] = answer.json()["detail"]
        assert (error["type"], error["loc"], error["input"]) == ("value_error", ["body", field], body[field])


def test_what_is_left_out_stays(organization: Organization, lead_id: UUID) -> None:
    before = organization.http.get(f"{PATH}/{lead_id}").json()
    answer = organization.http.patch(f"{PATH}/{lead_id}", json={"status": "booked", "unknown": 1})
    assert answer.status_code == 200
    changed = answer.json()
    assert changed["updated_at"] > before["updated_at"]
    assert changed == {**before, "status": "booked", "updated_at": changed["updated_at"]}
    assert organization.http.get(f"{PATH}/{lead_id}").json() == changed


def test_null_clears_what_may_be_empty(organization: Organization, lead_id: UUID) -> None:
    changed = organization.http.patch(f"{PATH}/{lead_id}", json=dict.fromkeys(EMPTY)).json()
    assert [changed[key] for key in EMPTY] == [None] * len(EMPTY)
    assert changed["name"] == FULL["name"]


def test_no_change_answers_the_record(organization: Organization, lead_id: UUID) -> None:
    before = organization.http.get(f"{PATH}/{lead_id}").json()
    assert organization.http.patch(f"{PATH}/{lead_id}", json={}).json() == before


def test_another_organizations_lead_is_not_changed(
    organization: Organization, stranger: Organization, lead_id: UUID
) -> None:
    for id in (lead_id, uuid4()):
        answer = stranger.http.patch(f"{PATH}/{id}", json={"name": "mine"})
        assert (answer.status_code, answer.json()) == (404, {"detail": "Lead not found"})
    assert organization.http.get(f"{PATH}/{lead_id}").json()["name"] == FULL["name"]


def test_trying_again_creates_nothing(organization: Organization) -> None:
    headers = {"Idempotency-Key": "key-1"}
    first, second = (organization.http.post(PATH, json={"name": "x"}, headers=headers) for _ in range(2))
    assert first.status_code == second.status_code == 201
    assert first.json() == second.json()
    other = organization.http.post(PATH, json={"name": "y"}, headers=headers)
    assert other.status_code == 409
    assert other.json() == {"detail": "Something else was created under this key before."}
    assert organization.http.get(PATH).json()["total"] == 1


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_odd_keys_are_refused(organization: Organization, key: str) -> None:
    answer = organization.http.post(PATH, json={"name": "x"}, headers={"Idempotency-Key": key})
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["header", "idempotency-key"]
