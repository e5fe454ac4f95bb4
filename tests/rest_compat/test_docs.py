"""`/docs`: a page of our own, under a policy that lets nothing else in."""

import httpx
import pytest


@pytest.mark.parametrize(
    ("path", "kind"), [("/docs", "text/html"), ("/docs/docs.css", "text/css"), ("/docs/docs.js", "text/javascript")]
)
def test_the_page_and_its_assets_are_public(gateway_url: str, path: str, kind: str) -> None:
    answer = httpx.get(gateway_url + path)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(kind)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"


def test_nothing_else_is(gateway_url: str) -> None:
    assert httpx.get(f"{gateway_url}/docs/__init__.py").status_code == 404
    assert "://" not in httpx.get(f"{gateway_url}/docs").text
