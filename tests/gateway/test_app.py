"""What every request passes through, and what is served beside the interfaces."""

from urllib.parse import urlsplit

import httpx
import pytest

from gateway.settings import Settings
from tests.support.organization import SECRET
from tests.support.server import serving


class TestHealth:
    """`/healthz` and `/readyz`, which need no token."""

    @pytest.mark.parametrize("path", ["/healthz", "/readyz"])
    def test_all_is_well(self, gateway_url: str, path: str) -> None:
        answer = httpx.get(gateway_url + path)
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
        assert httpx.head(gateway_url + path).status_code == 200

    @pytest.mark.parametrize("path", ["/healthz", "/readyz"])
    def test_other_methods(self, gateway_url: str, path: str) -> None:
        answer = httpx.post(gateway_url + path)
        assert answer.status_code == 405
        assert "GET" in answer.headers["allow"]

    def test_the_database_is_away(self) -> None:
        nowhere = "postgresql://somebody:hidden@127.0.0.1:1/nothing"
        with serving(Settings(database_url=nowhere, jwt_secret=SECRET, _env_file=None)) as url:
            assert httpx.get(f"{url}/healthz").json() == {"status": "ok"}
            answer = httpx.get(f"{url}/readyz")
        assert answer.status_code == 503
        assert answer.json() == {"status": "unavailable", "reason": "the database does not answer"}
        assert int(answer.headers["Retry-After"]) > 0

    def test_the_database_was_not_migrated(self, database_url: str) -> None:
        empty = urlsplit(database_url)._replace(path="/postgres").geturl()
        with serving(Settings(database_url=empty, jwt_secret=SECRET, _env_file=None)) as url:
            answer = httpx.get(f"{url}/readyz")
        assert answer.status_code == 503
        assert "gateway migrate" in answer.json()["reason"]


@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("/graphql/", "../graphql"),
        ("/graphql/?query=%7Ba%7D&b", "../graphql?query=%7Ba%7D&b"),
        ("/api/v1/leads/", "../leads"),
        ("/docs/", "../docs"),
    ],
)
def test_a_slash_too_many_is_led_back_on_the_same_host(gateway_url: str, path: str, location: str) -> None:
    answer = httpx.post(gateway_url + path, headers={"Host": "elsewhere.example"})
    assert (answer.status_code, answer.headers["location"]) == (307, location)
    assert "elsewhere" not in answer.text


@pytest.mark.parametrize("path", ["//", "/nothing/", "/graphql//", "//elsewhere.example/", "/graphql/nothing/"])
def test_no_slash_leads_elsewhere(gateway_url: str, path: str) -> None:
    answer = httpx.get(gateway_url + path)
    assert answer.status_code == 404
    assert "location" not in answer.headers


@pytest.mark.parametrize("path", ["/nothing", "/graphql/nothing", "/graphqlx", "/HEALTHZ", "/api/v2", "/%00", "/../x"])
def test_unknown_paths(gateway_url: str, path: str) -> None:
    answer = httpx.get(gateway_url + path)
    assert (answer.status_code, answer.json()) == (404, {"detail": "Not Found"})
