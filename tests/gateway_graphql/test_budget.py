"""The budget of an organization: rows in a minute."""

from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest

from gateway.budget import Budget, Throttled
from gateway.settings import Settings
from tests.support.organization import SECRET, Organization
from tests.support.server import serving
from tests.support.socket import acknowledged

LEADS = "query ($n: Int!) { leads(first: $n) { nodes { id } } }"


@pytest.fixture(scope="module")
def strict_url(database_url: str) -> Iterator[str]:
    with serving(Settings(database_url=database_url, jwt_secret=SECRET, budget=60, _env_file=None)) as url:
        yield url


@pytest.fixture
def poor(connection: psycopg.Connection, strict_url: str) -> Iterator[Organization]:
    with Organization(connection, strict_url) as organization:
        yield organization


def test_what_was_not_used_is_given_back(poor: Organization) -> None:
    for _ in range(10):
        assert poor.graphql(LEADS, n=50) == {"leads": {"nodes": []}}


def test_what_asks_for_more_than_all_of_it_may_run_when_all_is_there(poor: Organization) -> None:
    assert poor.graphql(LEADS, n=100) == {"leads": {"nodes": []}}


def test_who_has_used_it_up_waits(poor: Organization, connection: psycopg.Connection, strict_url: str) -> None:
    for _ in range(50):
        poor.lead()
    assert len(poor.graphql(LEADS, n=50)["leads"]["nodes"]) == 50
    answer = poor.http.post("/graphql", json={"query": LEADS, "variables": {"n": 50}})
    assert answer.status_code == 429
    assert 30 <= int(answer.headers["Retry-After"]) <= 41
    (error,) = answer.json()["errors"]
    assert error["extensions"] == {"code": "THROTTLED", "retryAfter": int(answer.headers["Retry-After"])}
    assert "data" not in answer.json()
    batch = poor.http.post("/graphql", json=[{"query": LEADS, "variables": {"n": 50}}, {"query": "{ __typename }"}])
    assert [body.get("errors", [{"extensions": {"code": None}}])[0]["extensions"]["code"] for body in batch.json()] == [
        "THROTTLED",
        None,
    ]
    with acknowledged(poor) as socket:
        socket.subscribe(LEADS, n=50)
        assert socket.receive()["payload"][0]["extensions"]["code"] == "THROTTLED"
    rest = poor.http.get("/api/v1/leads", params={"page_size": 50})
    assert rest.status_code == 429
    assert int(rest.headers["Retry-After"]) > 0
    with Organization(connection, strict_url) as other:
        assert other.graphql(LEADS, n=50) == {"leads": {"nodes": []}}


class TestBudget:
    """The bucket itself."""

    def test_it_fills_up(self) -> None:
        now = [0.0]
        budget, somebody = Budget(60, lambda: now[0]), uuid4()
        assert budget.take(somebody, 60) == 60
        with pytest.raises(Throttled) as caught:
            budget.take(somebody, 10)
        assert caught.value.retry_after in {10, 11}
        now[0] += caught.value.retry_after
        assert budget.take(somebody, 10) == 10
        now[0] += 1000
        assert budget.left(somebody) == 60

    def test_no_more_is_given_back_than_was_taken(self) -> None:
        budget, somebody = Budget(100, lambda: 0), uuid4()
        taken = budget.take(somebody, 1000)
        assert taken == 100
        budget.refund(somebody, taken - 70)
        assert budget.left(somebody) == 30
        budget.refund(somebody, -5)
        assert budget.left(somebody) == 30
        budget.refund(somebody, 1000)
        assert budget.left(somebody) == 100

    def test_what_costs_nothing_costs_one(self) -> None:
        budget, somebody = Budget(2, lambda: 0), uuid4()
        assert [budget.take(somebody, 0), budget.take(somebody, 0)] == [1, 1]
        with pytest.raises(Throttled):
            budget.take(somebody, 0)

    def test_without_a_limit(self) -> None:
        budget, somebody = Budget(None), uuid4()
        assert budget.take(somebody, 10**9) == 10**9

    def test_the_full_are_forgotten(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("gateway.budget._SWEPT_AT", 5)
        now = [0.0]
        budget = Budget(60, lambda: now[0])
        for _ in range(20):
            budget.take(uuid4(), 1)
            now[0] += 2
        assert len(budget._left) <= 6  # noqa: SLF001 (what it holds shows nowhere else)
