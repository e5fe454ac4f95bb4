"""GraphQL over HTTP as graphql-http's audit asks for it: all that must, should and may be."""

from collections.abc import Callable
from typing import Any

from tests.support.organization import Organization


def test_every_check_passes(organization: Organization, node: Callable[..., Any]) -> None:
    results = node("audit.js", f"{organization.url}/graphql", organization.http.headers["Authorization"])
    assert [each for each in results if each["status"] != "ok"] == []
    assert len(results) >= 61
