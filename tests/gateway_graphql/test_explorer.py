"""The page at /graphql and its assets, as HTTP."""

import gzip
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from graphql import build_schema, parse, validate
from starlette.applications import Starlette

from gateway.sample import sample_lines
from gateway_graphql import explorer
from gateway_graphql.schema import schema
from tests.support.organization import Organization

# As examples.js splits them.
EXAMPLES = re.split(r"\n\n(?=#)", (explorer.PLAIN / "examples.graphql").read_text().strip())
SCRIPT = b"console.log(1)\n"


def is_guarded(response: httpx.Response) -> bool:
    """Whether an answer has what keeps a page from harm."""
    policy = dict(part.split(" ", 1) for part in response.headers["content-security-policy"].split("; "))
    return (
        policy["default-src"] == policy["frame-ancestors"] == "'none'"
        and policy["script-src"] == policy["connect-src"] == "'self'"
        and response.headers["x-frame-options"] == "DENY"
        and response.headers["referrer-policy"] == "no-referrer"
    )


def client() -> httpx.AsyncClient:
    """A client of the assets alone."""
    transport = httpx.ASGITransport(Starlette(routes=explorer.explorer_assets()))
    return httpx.AsyncClient(transport=transport, base_url="http://gateway/graphql/assets")


@pytest.fixture
async def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a build's assets."""
    (tmp_path / "index.html").write_text("<title>built</title>")
    (tmp_path / "page-a1b2.js").write_bytes(SCRIPT)
    (tmp_path / "page-a1b2.js.gz").write_bytes(gzip.compress(SCRIPT))
    (tmp_path / "font-c3d4.ttf").write_bytes(b"\0")
    monkeypatch.setattr(explorer, "BUILT", tmp_path)
    async with client() as assets:
        yield assets


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_is_valid(example: str) -> None:
    assert validate(build_schema(schema.as_str()), parse(example)) == []


@pytest.mark.parametrize("example", [text for text in EXAMPLES if "\nquery" in text])
def test_every_query_among_the_examples_runs(example: str, organization: Organization) -> None:
    organization.message(organization.conversation())
    assert "Jane Smith" in str(organization.graphql(example))


def test_the_mutation_is_about_a_conversation_of_the_demo() -> None:
    (example,) = (text for text in EXAMPLES if "\nmutation" in text)
    (id,) = re.findall(r'"(.+?)"', example)
    assert [line for line in sample_lines() if f'"conversation","id":"{id}"'.encode() in line] != []


def test_browsers_get_the_page_and_programs_do_not(gateway_url: str) -> None:
    page = httpx.get(f"{gateway_url}/graphql", headers={"Accept": "text/html,*/*;q=0.8"})
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["vary"] == "Accept"
    assert page.headers["cache-control"] == "no-cache"
    assert is_guarded(page)
    assert httpx.get(f"{gateway_url}/graphql").status_code == 401


def test_all_that_the_page_names_is_there(gateway_url: str) -> None:
    page = httpx.get(f"{gateway_url}/graphql", headers={"Accept": "text/html"}).text
    assert re.findall(r"<script(?![^>]* src=)|<style|\son\w+=|https?:", page) == []
    named = re.findall(r"(?:src|href)=\"(/[^\"]+)", page)
    assert len(named) >= 2
    for path in named:
        asset = httpx.get(f"{gateway_url}{path}")
        assert asset.status_code == 200
        assert is_guarded(asset)
        assert asset.headers["content-type"].startswith(("text/javascript", "application/javascript", "text/css"))


@pytest.mark.parametrize(
    "path",
    [
        "",
        "missing.js",
        "../__init__.py",
        "..%2f__init__.py",
        "%2fetc%2fpasswd",
        "..%5c__init__.py",
        "a/b",
        "%00",
    ],
)
def test_nothing_else_is_served(path: str, gateway_url: str) -> None:
    response = httpx.get(f"{gateway_url}/graphql/assets/{path}")
    assert response.status_code == 404
    assert response.json() == {"detail": "Not Found"}


async def test_the_plain_page_is_asked_for_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explorer, "BUILT", tmp_path)
    assert b"make graphiql" in explorer.explorer_page().body
    async with client() as assets:
        assert (await assets.get("/page.js")).headers["cache-control"] == "no-cache"
        assert (await assets.get("/examples.graphql")).status_code == 200


async def test_a_build_is_shown_and_kept(built: httpx.AsyncClient) -> None:
    assert explorer.explorer_page().body == b"<title>built</title>"
    response = await built.get("/page-a1b2.js")
    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert is_guarded(response)


@pytest.mark.parametrize("encoding", ["gzip, deflate, br", "identity"])
async def test_a_build_is_sent_compressed_to_who_takes_it(encoding: str, built: httpx.AsyncClient) -> None:
    response = await built.get("/page-a1b2.js", headers={"Accept-Encoding": encoding})
    assert response.content == SCRIPT
    assert response.headers.get("content-encoding") == ("gzip" if "gzip" in encoding else None)
    assert response.headers["vary"] == "Accept-Encoding"
    assert "javascript" in response.headers["content-type"]


async def test_what_was_not_compressed_is_sent_as_it_is(built: httpx.AsyncClient) -> None:
    response = await built.get("/font-c3d4.ttf")
    assert response.content == b"\0"
    assert "content-encoding" not in response.headers


async def test_assets_are_read_only(built: httpx.AsyncClient) -> None:
    assert (await built.head("/page-a1b2.js")).status_code == 200
    assert (await built.post("/page-a1b2.js")).status_code == 405
