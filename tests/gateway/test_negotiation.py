"""Which media type a request prefers."""

import pytest

from gateway.http.negotiation import preferred

JSON, GRAPHQL, HTML = "application/json", "application/graphql-response+json", "text/html"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("application/json", JSON),
        ("APPLICATION/JSON", JSON),
        ("application/json; charset=utf-8", JSON),
        (GRAPHQL, GRAPHQL),
        (f"{GRAPHQL}, application/json;q=0.9", GRAPHQL),
        (f"application/json;q=0.5,{GRAPHQL};q=0.8", GRAPHQL),
        (f"{GRAPHQL}; charset=utf-8, application/json; charset=utf-8", GRAPHQL),
        (f"application/json, {GRAPHQL}", JSON),
        (f"{GRAPHQL}, */*", GRAPHQL),
        ("text/html, application/json", HTML),
        (f"{GRAPHQL};q=0.1, */*", JSON),
        ("*/*, application/json;q=0", GRAPHQL),
        ("text/html", HTML),
        (BROWSER, HTML),
        ("text/*", HTML),
        ("text/html;q=0.5, application/json", JSON),
        ("image/png", None),
        ("application/json;q=0", None),
        ("application/json;q=nonsense", None),
        ("application/json;q=-1", None),
        ("json", None),
        (";;;,;q=1,=", None),
    ],
)
def test_preferred(accept: str | None, expected: str | None) -> None:
    assert preferred(accept, (JSON, GRAPHQL, HTML)) == expected
