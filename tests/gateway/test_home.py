"""The demo's page at `/`: it has a token, and only the demo has the page."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from gateway.demo import home


@pytest.fixture
async def demo(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the page, with a build of it or without."""
    if request.param == "built":
        (tmp_path / "index.html").write_text('<meta name="gateway-token" content="{{token}}">')
        (tmp_path / "page.css").write_text("p {}")
    monkeypatch.setattr(home, "BUILT", tmp_path)
    tokens = iter(["one", "two"])
    transport = httpx.ASGITransport(Starlette(routes=home.home_routes(lambda: next(tokens))))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8000") as client:
        yield client


@pytest.mark.parametrize(("demo", "shown"), [("built", 'content="one"'), ("plain", "#token=one")], indirect=["demo"])
async def test_every_visit_has_a_token_of_its_own(demo: httpx.AsyncClient, shown: str) -> None:
    page = await demo.get("/")
    assert shown in page.text
    assert "{{" not in page.text
    assert page.headers["cache-control"] == "no-store"
    assert "two" in (await demo.get("/")).text


@pytest.mark.parametrize("demo", ["plain"], indirect=True)
@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("LOCALHOST:8000", 200),
        ("127.0.0.1:8000", 200),
        ("[::1]:8000", 200),
        ("attacker.example", 421),
        ("attacker.example:8000", 421),
        ("localhost.attacker.example", 421),
        ("attacker.example#@localhost", 421),
        ("", 421),
    ],
)
async def test_names_of_other_sites_that_lead_here(demo: httpx.AsyncClient, host: str, status: int) -> None:
    answer = await demo.get("/", headers={"Host": host})
    assert answer.status_code == status
    assert ("token=one" in answer.text) is (status == 200)
    assert status == 200 or "http://localhost" in answer.text


@pytest.mark.parametrize("demo", ["built", "plain"], indirect=True)
async def test_page_and_assets_are_guarded(demo: httpx.AsyncClient) -> None:
    for path in ("/", "/inbox/assets/page.css"):
        answer = await demo.get(path)
        assert answer.status_code == 200
        assert "script-src 'self'; style-src 'self'; " in answer.headers["content-security-policy"]
        assert "unsafe" not in answer.headers["content-security-policy"]
    assert (await demo.get("/inbox/assets/home.py")).status_code == 404


@pytest.mark.parametrize("demo", ["plain"], indirect=True)
async def test_the_plain_page_says_what_is_missing(demo: httpx.AsyncClient) -> None:
    page = (await demo.get("/")).text
    assert "make inbox" in page
    assert all(f'href="{path}' in page for path in ("/graphql#", "/docs#", "/metrics"))


def test_a_gateway_that_serves_has_no_such_page(gateway_url: str) -> None:
    for path in ("/", "/inbox/assets/page.css"):
        answer = httpx.get(gateway_url + path)
        assert answer.status_code == 404
        assert answer.json() == {"detail": "Not Found"}
