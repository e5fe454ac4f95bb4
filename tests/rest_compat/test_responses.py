"""Responses: links, compression, budgets, problems, CORS, and what replaces the API."""

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import httpx
import pytest

from gateway.settings import Settings
from tests.support.organization import SECRET, Organization
from tests.support.server import serving

CONVERSATIONS = "/api/v1/conversations"
LEADS = "/api/v1/leads"
PROBLEM = "application/problem+json"


@pytest.fixture(scope="session")
def configured_url(database_url: str) -> Iterator[str]:
    """A gateway with a budget, an end, and friends in browsers."""
    settings = Settings(
        database_url=database_url,
        jwt_secret=SECRET,
        budget=60,
        cors_origins="https://app.example https://other.example",
        rest_deprecated_at=datetime(2026, 7, 1, tzinfo=UTC),
        rest_sunset_at=datetime(2027, 7, 1, 12, tzinfo=UTC),
        _env_file=None,
    )
    with serving(settings) as url:
        yield url


@pytest.fixture
def configured(organization: Organization, configured_url: str) -> Iterator[httpx.Client]:
    """The organization's client of that gateway."""
    with httpx.Client(base_url=configured_url, headers=organization.http.headers) as client:
        yield client


def linked(answer: httpx.Response) -> dict[str, dict[str, list[str]]]:
    """The queries of an answer's links, by relation."""
    links = {name: urlsplit(link["url"]) for name, link in answer.links.items() if name and name != "successor-version"}
    assert {link.path for link in links.values()} <= {answer.request.url.path}
    return {name: parse_qs(link.query, keep_blank_values=True) for name, link in links.items()}


def left(answer: httpx.Response) -> int:
    """How many rows of the budget are left."""
    return int(answer.headers["ratelimit"].partition("r=")[2].partition(";")[0])


def test_compressed_where_the_client_takes_it(organization: Organization, conversation_id: UUID) -> None:
    path = f"{CONVERSATIONS}/{conversation_id}/messages"
    organization.message(conversation_id, "Hello " * 1000)
    packed, plain = (organization.http.get(path, headers={"Accept-Encoding": form}) for form in ("gzip", "identity"))
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < len(plain.content) / 10
    assert packed.json() == plain.json()
    assert "content-encoding" not in plain.headers
    assert packed.headers["etag"] != plain.headers["etag"]  # other bytes
    assert "Accept-Encoding" in plain.headers["vary"]
    with organization.http.stream("GET", path, headers={"Accept-Encoding": "gzip"}) as raw:
        assert gzip.decompress(b"".join(raw.iter_raw())) == plain.content
    for refused in ("gzip;q=0", "identity, gzip; q=0.0"):
        assert "content-encoding" not in organization.http.get(path, headers={"Accept-Encoding": refused}).headers
    small = organization.http.get(LEADS, headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in small.headers


@pytest.mark.usefixtures("many")
class TestLinks:
    """Link: first, prev, next, last."""

    @pytest.mark.parametrize(
        ("page", "expected"),
        [
            (1, {"first": "1", "next": "2", "last": "3"}),
            (2, {"first": "1", "prev": "1", "next": "3", "last": "3"}),
            (3, {"first": "1", "prev": "2", "last": "3"}),
            (9, {"first": "1", "prev": "3", "last": "3"}),
        ],
    )
    def test_pages(self, organization: Organization, page: int, expected: dict[str, str]) -> None:
        answer = organization.http.get(CONVERSATIONS, params={"page": page, "channel": "web", "x": "a&b ü"})
        links = linked(answer)
        assert {name: query["page"] for name, query in links.items()} == {
            name: [place] for name, place in expected.items()
        }
        assert all(query["channel"] == ["web"] and query["x"] == ["a&b ü"] for query in links.values())

    def test_following_next_visits_all(self, organization: Organization, many: list[UUID]) -> None:
        visited, url = [], f"{CONVERSATIONS}?size=7"
        while url:
            answer = organization.http.get(url)
            visited += [UUID(item["id"]) for item in answer.json()["conversations"]]
            url = str(answer.links.get("next", {}).get("url", ""))
        assert visited == many

    def test_an_empty_list_has_one_page(self, stranger: Organization) -> None:
        assert linked(stranger.http.get(LEADS)) == {"first": {"page": ["1"]}, "last": {"page": ["1"]}}

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("limit=2", {"first": "0", "next": "2", "last": "4"}),
            ("limit=2&offset=1", {"first": "0", "prev": "0", "next": "3", "last": "4"}),
            ("limit=2&offset=4", {"first": "0", "prev": "2", "last": "4"}),
            ("limit=2&offset=90", {"first": "0", "prev": "4", "last": "4"}),
            ("", {"first": "0", "last": "0"}),
        ],
    )
    def test_messages(self, organization: Organization, query: str, expected: dict[str, str]) -> None:
        conversation_id = organization.conversation()
        for number in range(5):
            organization.message(conversation_id, str(number))
        links = linked(organization.http.get(f"{CONVERSATIONS}/{conversation_id}/messages?{query}"))
        assert {name: each["offset"][0] for name, each in links.items()} == expected


class TestBudget:
    """RateLimit, and 429 when it is used up."""

    def test_rows_are_charged_until_there_are_none(self, configured: httpx.Client, organization: Organization) -> None:
        organization.lead()
        shown = []
        for _ in range(3):
            answer = configured.get(LEADS, params={"size": 50})
            assert answer.headers["ratelimit-policy"] == '"rows";q=60;w=60'
            shown.append(left(answer))
        assert shown[0] in {58, 59}  # a lead and a count are gone, and it refills
        assert shown[-1] < shown[0]
        while (answer := configured.get(LEADS, params={"size": 59})).status_code == 200:
            pass
        assert answer.status_code == 429
        assert int(answer.headers["retry-after"]) > 0
        assert "budget" in answer.json()["detail"]
        assert "ratelimit" in answer.headers

    def test_the_budget_is_graphqls_too(self, configured: httpx.Client) -> None:
        before = left(configured.get(LEADS))
        for _ in range(5):
            configured.post("/graphql", json={"query": "{ leads(first: 5) { totalCount } }"})
        assert left(configured.get(LEADS)) < before - 3

    def test_a_long_conversation_is_charged_in_full(
        self, configured: httpx.Client, organization: Organization, conversation_id: UUID
    ) -> None:
        for _ in range(30):
            organization.message(conversation_id)
        answer = configured.get(f"{CONVERSATIONS}/{conversation_id}")
        assert left(answer) in {26, 27}  # 32 messages, their conversation, its lead

    def test_without_one_there_are_no_headers(self, organization: Organization) -> None:
        assert "ratelimit" not in organization.http.get(LEADS).headers


class TestProblems:
    """RFC 9457 for those who ask for it."""

    def test_details_that_are_texts(self, organization: Organization, gateway_url: str) -> None:
        headers = {"Accept": f"application/json, {PROBLEM}"}
        for path, status, title in [
            (f"{LEADS}/{organization.id}", 404, "Not Found"),
            ("/nothing", 404, "Not Found"),
        ]:
            answer = organization.http.get(path, headers=headers)
            assert answer.headers["content-type"] == PROBLEM
            problem = answer.json()
            assert (problem["type"], problem["status"], problem["title"]) == ("about:blank", status, title)
            assert isinstance(problem["detail"], str)
        answer = httpx.get(gateway_url + LEADS, headers=headers)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")

    def test_lists_are_kept_beside(self, organization: Organization) -> None:
        url = f"{LEADS}?page=0&size=x"
        problem = organization.http.get(url, headers={"Accept": PROBLEM}).json()
        assert problem["errors"] == organization.http.get(url).json()["detail"]
        assert problem["detail"].startswith("query.page: Input should be greater than or equal to 1; query.size: ")

    @pytest.mark.parametrize("accept", ["*/*", "application/*", "", f"{PROBLEM};q=0", "application/json"])
    def test_nobody_else_gets_them(self, organization: Organization, accept: str) -> None:
        answer = organization.http.get(f"{LEADS}?page=0", headers={"Accept": accept})
        assert answer.headers["content-type"] == "application/json"


class TestCrossOrigin:
    """CORS, by setting."""

    def test_a_friend_may_ask(self, configured: httpx.Client) -> None:
        origin = {"Origin": "https://app.example"}
        asked = {"Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "authorization,if-match"}
        answer = configured.options(f"{LEADS}/x", headers={**origin, **asked})
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == origin["Origin"]
        answer = configured.get(LEADS, headers=origin)
        exposed = answer.headers["access-control-expose-headers"].lower()
        assert {"x-request-id", "etag", "link", "retry-after", "ratelimit"} <= set(exposed.split(", "))
        assert "Origin" in answer.headers["vary"]

    def test_others_may_not(self, configured: httpx.Client, organization: Organization) -> None:
        for http in (configured, organization.http):
            answer = http.get(LEADS, headers={"Origin": "https://elsewhere.example"})
            assert "access-control-allow-origin" not in answer.headers


def test_the_end_is_announced(configured: httpx.Client, organization: Organization) -> None:
    answer = configured.get(LEADS)
    assert answer.headers["deprecation"] == "@1782864000"
    assert answer.headers["sunset"] == "Thu, 01 Jul 2027 12:00:00 GMT"
    kept = organization.http.get(LEADS)
    assert {"deprecation", "sunset"}.isdisjoint(kept.headers)
    for each in (answer, kept, organization.http.get(f"{LEADS}?page=0")):
        assert each.links["successor-version"]["url"] == "/graphql"
        assert each.headers["cache-control"] == "private, no-cache"
