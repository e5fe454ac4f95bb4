"""Every status of every call that OpenAPI documents: it is answered in the documented form, in the example's words."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest
import schemathesis

from gateway.settings import Settings
from rest_compat.openapi import openapi_document
from tests.support.organization import SECRET, Organization
from tests.support.server import serving

DOCUMENT = openapi_document()
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
DOCUMENTED = [
    (path, method.upper(), int(status))
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
    for status in operation["responses"]
]
BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("/api/v1/conversations/{conversation_id}", "PATCH"): {"status": "completed"},
    ("/api/v1/leads", "POST"): {"name": "Jane"},
    ("/api/v1/leads/{lead_id}", "PATCH"): {"name": "Jane"},
}
SPECIFIC = {403, 422, 429}
"""Statuses whose words depend on the call, or on the moment."""
OPTIONAL = {"RateLimit", "RateLimit-Policy", "Deprecation", "Sunset", "Preference-Applied"}
"""Headers that are there by setting, or if they are asked for."""


class Asking(NamedTuple):
    """A call that is to be made well, or worse."""

    organization: Organization
    method: str
    path: str
    ids: dict[str, UUID]
    body: dict[str, Any] | None
    accept: str = "application/json"

    def send(self, http: httpx.Client | None = None, path: str | None = None, **given: Any) -> httpx.Response:
        """Make the call, with these differences."""
        headers = {"Accept": self.accept, **given.pop("headers", {})}
        if self.body is not None and "content" not in given:
            given = {"json": self.body, **given}
        target = (path or self.path).format(**self.ids)
        return (http or self.organization.http).request(self.method, target, headers=headers, **given)


def well(asking: Asking) -> httpx.Response:
    return asking.send()


def known(asking: Asking) -> httpx.Response:
    return asking.send(headers={"If-None-Match": "*"})


def unreadable(asking: Asking) -> httpx.Response:
    return asking.send(content=b'{"name": 1e400}', headers={"Content-Type": "application/json"})


def anonymous(asking: Asking) -> httpx.Response:
    with httpx.Client(base_url=asking.organization.url) as http:
        return asking.send(http)


def without_scope(asking: Asking) -> httpx.Response:
    with asking.organization.client(scope="") as http:
        return asking.send(http)


def missing(asking: Asking) -> httpx.Response:
    return asking._replace(ids=dict.fromkeys(asking.ids, uuid4())).send()


def key_used_before(asking: Asking) -> httpx.Response:
    headers = {"Idempotency-Key": "used"}
    asking.send(json={"name": "John"}, headers=headers)
    return asking.send(headers=headers)


def changed(asking: Asking) -> httpx.Response:
    return asking.send(headers={"If-Match": '"of something else"'})


def too_large(asking: Asking) -> httpx.Response:
    return asking.send(content=b" " * 1_000_001, headers={"Content-Type": "application/json"})


def invalid(asking: Asking) -> httpx.Response:
    path = asking.path.replace("{", "no-").replace("}", "")
    return asking.send(json={}) if asking.method == "POST" else asking.send(path=f"{path}?page=0")


def throttled(asking: Asking) -> httpx.Response:
    asking.send()
    return asking.send()


MADE: dict[int, Callable[[Asking], httpx.Response]] = {
    200: well,
    201: well,
    304: known,
    400: unreadable,
    401: anonymous,
    403: without_scope,
    404: missing,
    409: key_used_before,
    412: changed,
    413: too_large,
    422: invalid,
    429: throttled,
    503: well,
    504: well,
}
"""How each status is come by; the last three, of a gateway that has little."""


@pytest.fixture(scope="module")
def poor_urls(database_url: str) -> Iterator[dict[int, str]]:
    """Gateways without a budget, without a database, and without patience, by what they answer."""
    limits: dict[int, dict[str, Any]] = {
        429: {"database_url": database_url, "budget": 1},
        503: {"database_url": "postgresql://nobody@127.0.0.1:1/none", "pool_timeout": 0.05},
        504: {"database_url": database_url, "statement_timeout": 0.1},
    }
    with ExitStack() as stack:
        yield {
            status: stack.enter_context(serving(Settings(jwt_secret=SECRET, _env_file=None, **limited)))
            for status, limited in limits.items()
        }


@pytest.mark.parametrize(("path", "method", "status"), DOCUMENTED)
def test_every_documented_status_is_answered_as_documented(
    organization: Organization,
    conversation_id: UUID,
    connection: psycopg.Connection,
    poor_urls: dict[int, str],
    path: str,
    method: str,
    status: int,
) -> None:
    ids = {"conversation_id": conversation_id, "lead_id": organization.lead()}
    asking = Asking(organization, method, path, ids, BODIES.get((path, method)))
    if status in poor_urls:
        organization.http.base_url = poor_urls[status]
    with ExitStack() as stack:
        if status == 504:
            stack.enter_context(connection.transaction())
            organization.sql("LOCK TABLE leads, conversations, messages")
        answer = MADE[status](asking)
        problem = MADE[status](asking._replace(accept="application/problem+json"))
    assert answer.status_code == problem.status_code == status
    SCHEMA[path][method].validate_response(answer)
    SCHEMA[path][method].validate_response(problem)
    documented = resolved(DOCUMENT["paths"][path][method.lower()]["responses"][str(status)])
    assert {name.lower() for name in documented["headers"] if name not in OPTIONAL} <= set(answer.headers)
    if status >= 400:
        examples = {kind: each["example"] for kind, each in documented["content"].items()}
        for told in (answer, problem):
            example = examples[told.headers["content-type"]]
            assert told.json() == example if status not in SPECIFIC else told.json().keys() == example.keys()


def resolved(response: dict[str, Any]) -> dict[str, Any]:
    """A response, where it is described."""
    if "$ref" not in response:
        return response
    found: dict[str, Any] = DOCUMENT["components"]["responses"][response["$ref"].rpartition("/")[2]]
    return found
