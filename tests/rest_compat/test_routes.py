"""Every call's neighbours: no token, no scope, another organization, no such row, another method."""

from typing import NamedTuple
from uuid import UUID, uuid4

import httpx
import pytest

from tests.support.organization import Organization


class Call(NamedTuple):
    """One of the calls; `{conversation_id}` and `{lead_id}` stand in its path."""

    method: str
    path: str
    scope: str
    allow: str
    missing: str | None = None
    status: int = 200

    def send(self, http: httpx.Client, **ids: object) -> httpx.Response:
        body = {"PATCH": {"status": "completed"}, "POST": {"name": "Jane Smith"}}.get(self.method)
        return http.request(self.method, "/api/v1" + self.path.format(**ids), json=body)


CONVERSATION = "Conversation not found"
CALLS = [
    Call("GET", "/conversations", "conversations:read", "GET, HEAD"),
    Call("GET", "/conversations/{conversation_id}", "conversations:read", "GET, HEAD, PATCH", CONVERSATION),
    Call("GET", "/conversations/{conversation_id}/messages", "conversations:read", "GET, HEAD", CONVERSATION),
    Call("PATCH", "/conversations/{conversation_id}", "conversations:write", "GET, HEAD, PATCH", CONVERSATION),
    Call("GET", "/leads", "leads:read", "GET, HEAD, POST"),
    Call("POST", "/leads", "leads:write", "GET, HEAD, POST", status=201),
    Call("GET", "/leads/{lead_id}", "leads:read", "GET, HEAD, PATCH", "Lead not found"),
    Call("PATCH", "/leads/{lead_id}", "leads:write", "GET, HEAD, PATCH", "Lead not found"),
]
READS = [call for call in CALLS if call.method == "GET"]
SCOPES = {"conversations:read", "conversations:write", "leads:read", "leads:write"}

every_call = pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call.method} {call.path}")
every_read = pytest.mark.parametrize("call", READS, ids=lambda call: call.path)
every_row = pytest.mark.parametrize(
    "call", [call for call in CALLS if call.missing], ids=lambda call: f"{call.method} {call.path}"
)


@pytest.fixture
def ids(organization: Organization, conversation_id: UUID) -> dict[str, object]:
    """What stands in the paths."""
    [[lead_id]] = organization.sql("SELECT lead_id FROM conversations WHERE id = %s", conversation_id)
    return {"conversation_id": conversation_id, "lead_id": lead_id}


@every_call
def test_a_token_opens(call: Call, organization: Organization, ids: dict[str, object]) -> None:
    assert call.send(organization.http, **ids).status_code == call.status


@every_call
def test_without_a_token_nothing_else_is_told(call: Call, organization: Organization, ids: dict[str, object]) -> None:
    with httpx.Client(base_url=organization.url) as anonymous:
        answers = [
            call.send(anonymous, **ids),
            call.send(anonymous, conversation_id=uuid4(), lead_id=uuid4()),
            call.send(anonymous, conversation_id="no-uuid", lead_id="no-uuid"),
            anonymous.request(call.method, "/api/v1" + call.path.format(**ids) + "?page=x&limit=x", content="{"),
        ]
    for answer in answers:
        assert answer.status_code == 401
        assert answer.json() == {"detail": "Not authenticated"}
        assert answer.headers["www-authenticate"] == "Bearer"


@every_call
def test_a_bad_token_does_not_open(call: Call, organization: Organization, ids: dict[str, object]) -> None:
    for authorization in (
        "Bearer x.y.z",
        "Bearer",
        "Basic eDp5",
        organization.http.headers["authorization"] + "x",
    ):
        with httpx.Client(base_url=organization.url, headers={"Authorization": authorization}) as bad:
            answer = call.send(bad, **ids)
        assert answer.status_code == 401
        assert isinstance(answer.json()["detail"], str)
        assert answer.headers["www-authenticate"] == "Bearer"


@every_call
def test_the_scope_opens_and_nothing_else(call: Call, organization: Organization, ids: dict[str, object]) -> None:
    implied = {call.scope, call.scope.replace("read", "write")}
    for scope in implied:
        with organization.client(scope=scope) as http:
            assert call.send(http, **ids).status_code == call.status
    with organization.client(scope=" ".join(SCOPES - implied)) as http:
        answer = call.send(http, **ids)
    assert answer.status_code == 403
    assert answer.json() == {"detail": f"The token lacks the scope `{call.scope}`."}


@every_row
def test_what_is_another_organizations_does_not_exist(
    call: Call, stranger: Organization, ids: dict[str, object]
) -> None:
    answers = [
        call.send(stranger.http, **ids),
        call.send(stranger.http, conversation_id=uuid4(), lead_id=uuid4()),
    ]
    for answer in answers:
        assert answer.status_code == 404
        assert answer.json() == {"detail": call.missing}


@every_row
def test_a_malformed_id_is_named(call: Call, organization: Organization) -> None:
    answer = call.send(organization.http, conversation_id="no-uuid", lead_id="no-uuid")
    assert answer.status_code == 422
    [error] = answer.json()["detail"]
    assert error["type"] == "uuid_parsing"
    assert error["loc"] == ["path", call.path.partition("{")[2].partition("}")[0]]


@every_read
def test_head_answers_as_get_does(call: Call, organization: Organization, ids: dict[str, object]) -> None:
    shown = call.send(organization.http, **ids)
    told = call._replace(method="HEAD").send(organization.http, **ids)
    assert told.status_code == 200
    assert told.content == b""
    assert told.headers["content-length"] == str(len(shown.content))
    assert told.headers["content-type"] == shown.headers["content-type"]
    missing = call._replace(method="HEAD").send(organization.http, conversation_id=uuid4(), lead_id=uuid4())
    assert missing.status_code == (404 if call.missing else 200)


@every_call
def test_other_methods_are_told_which_there_are(call: Call, organization: Organization, ids: dict[str, object]) -> None:
    others = {"POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"} - set(call.allow.split(", "))
    for method in others:
        answer = call._replace(method=method).send(organization.http, **ids)
        assert answer.status_code == 405
        assert answer.json() == {"detail": "Method Not Allowed"}
        assert answer.headers["allow"] == call.allow


@every_call
def test_a_trailing_slash_is_led_back(call: Call, organization: Organization, ids: dict[str, object]) -> None:
    answer = call._replace(path=call.path + "/").send(organization.http, **ids)
    assert answer.status_code == 307
    there = answer.url.join(answer.headers["location"])
    assert there == organization.url + "/api/v1" + call.path.format(**ids)


@pytest.mark.parametrize("path", ["/", "/api/v1", "/api/v1/messages", "/api/v2/leads", "/conversations"])
def test_other_paths_are_not_found(organization: Organization, path: str) -> None:
    answer = organization.http.get(path)
    assert answer.status_code == 404
    assert answer.json() == {"detail": "Not Found"}
    assert answer.headers["content-type"] == "application/json"
