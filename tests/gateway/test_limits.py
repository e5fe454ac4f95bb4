"""Bodies over a megabyte: 413 wherever they are sent to, announced or not, with a token or without."""

import json
from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest

from gateway.settings import Settings
from tests.support.logs import logged
from tests.support.organization import SECRET, Organization, token
from tests.support.server import serving

MOST = 1_000_000
JSON = {"Content-Type": "application/json"}
DETAIL = "The body may have 1000000 bytes at most."
LEADS = "/api/v1/leads"
ANYWHERE = [
    ("POST", "/graphql"),
    ("GET", "/graphql"),
    ("GET", LEADS),
    ("POST", LEADS),
    ("POST", LEADS + "/"),
    ("DELETE", LEADS),
    ("PATCH", "/api/v1/conversations/x"),
    ("GET", "/docs"),
    ("GET", "/healthz"),
    ("POST", "/metrics"),
    ("POST", "/nothing"),
]


def pieces(size: int) -> Iterator[bytes]:
    """A body that does not tell its size."""
    for at in range(0, size, 65_536):
        yield b" " * min(65_536, size - at)


@pytest.mark.parametrize("authorized", [True, False], ids=["token", "anonymous"])
@pytest.mark.parametrize("announced", [True, False], ids=["announced", "chunked"])
@pytest.mark.parametrize(("method", "path"), ANYWHERE)
def test_too_large_a_body(
    organization: Organization, method: str, path: str, *, announced: bool, authorized: bool
) -> None:
    headers = {**JSON, **(organization.http.headers if authorized else {}), "X-Request-ID": "too-large"}
    for size in (MOST + 1, 5 * MOST):
        content = b" " * size if announced else pieces(size)
        with logged("json") as logs:
            answer = httpx.request(method, organization.url + path, content=content, headers=headers)
            logs.after("too-large")
        assert answer.status_code == 413
        assert answer.headers["connection"] == "close"
        told = answer.json()
        assert (told["errors"][0]["message"] if path == "/graphql" else told["detail"]) == DETAIL
        assert [entry["level"] for entry in logs.entries()] == ["info"]


def test_it_is_a_problem_for_those_who_ask(organization: Organization) -> None:
    headers = {"Accept": "application/problem+json"}
    answer = organization.http.patch(LEADS + "/x", content=b" " * (MOST + 1), headers=headers)
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.json()["status"], answer.json()["detail"]) == (413, DETAIL)


@pytest.mark.parametrize("announced", [True, False], ids=["announced", "chunked"])
def test_the_largest_body(organization: Organization, *, announced: bool) -> None:
    def sent(body: bytes) -> bytes | Iterator[bytes]:
        return body if announced else (body[at : at + 99_999] for at in range(0, len(body), 99_999))

    query = b'{"query": "{ __typename } #%s"}'
    query %= b"x" * (MOST - len(query) + 2)
    answer = organization.http.post("/graphql", content=sent(query), headers=JSON)
    assert answer.json()["data"] == {"__typename": "Query"}
    lead = b'{"name": "Jane", "x": "%s"}'
    lead %= b"x" * (MOST - len(lead) + 2)
    assert organization.http.post(LEADS, content=sent(lead), headers=JSON).status_code == 201
    # Nobody reads these.
    assert organization.http.request("GET", LEADS, content=sent(b" " * MOST)).status_code == 200
    assert httpx.request("GET", organization.url + LEADS, content=sent(b" " * MOST)).status_code == 401


def test_characters_count_as_they_are_sent(organization: Organization) -> None:
    notes = "😀" * 100_000
    escaped = json.dumps({"name": "Jane", "appointment_notes": notes}).encode()
    assert len(escaped) > MOST
    assert organization.http.post(LEADS, content=escaped, headers=JSON).status_code == 413
    written = json.dumps({"name": "Jane", "appointment_notes": notes}, ensure_ascii=False).encode()
    answer = organization.http.post(LEADS, content=written, headers=JSON)
    assert answer.json()["appointment_notes"] == notes


def test_the_limit_is_a_setting(database_url: str) -> None:
    settings = Settings(database_url=database_url, jwt_secret=SECRET, max_body_bytes=10, _env_file=None)
    headers = {"Authorization": f"Bearer {token(uuid4())}"}
    with serving(settings) as url:
        answer = httpx.post(f"{url}/graphql", json={"query": "{ __typename }"}, headers=headers)
    assert answer.status_code == 413
    assert " 10 bytes" in answer.json()["errors"][0]["message"]


def test_a_long_body_is_read_like_a_short_one(strict: Organization) -> None:
    lead = {"name": "Jane", "appointment_notes": "x" * 9_000, "metadata": {"a": ["x" * 90_000]}}
    answer = strict.http.post("/api/v1/leads", json=lead)
    assert (answer.status_code, answer.json()["metadata"]) == (201, lead["metadata"])
    wrong = strict.http.post("/api/v1/leads", json={"name": ["x" * 90_000]})
    assert (wrong.status_code, wrong.json()["detail"][0]["loc"]) == (422, ["body", "name"])
    document = "{ viewer { userId } } #" + "x" * 90_000
    assert strict.graphql(document) == {"viewer": {"userId": "user-1"}}
    assert strict.graphql_errors(document.replace("userId", "nothing"))[0]["extensions"]["code"] == (
        "GRAPHQL_VALIDATION_FAILED"
    )
