"""Failures that are not the parameters' fault: too large, database away, too slow, unforeseen."""

import socket
from uuid import UUID

import httpx
import psycopg
import pytest

from gateway.settings import Settings
from gateway_graphql import resolvers
from tests.support.logs import logged
from tests.support.organization import SECRET, Organization
from tests.support.server import serving


def test_no_depth_of_nesting_breaks(organization: Organization, conversation_id: UUID) -> None:
    url, headers = f"/api/v1/conversations/{conversation_id}", {"Content-Type": "application/json"}
    statuses = []
    for depth in (*range(900, 1000), 400_000):  # about where the interpreter's stack ends, and far beyond
        answer = organization.http.patch(url, content=b"[" * depth + b"]" * depth, headers=headers)
        assert answer.text.startswith('{"detail":')
        statuses.append(answer.status_code)
    assert set(statuses) == {400, 422}
    assert statuses == sorted(statuses, reverse=True)


def test_without_its_database_the_service_is_unavailable(organization: Organization) -> None:
    away = Settings(
        database_url="postgresql://nobody@127.0.0.1:1/none",
        pool_timeout=0.05,
        jwt_secret=SECRET,
        _env_file=None,
    )
    with serving(away) as url:
        answer = httpx.get(f"{url}/api/v1/conversations", headers=organization.http.headers)
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert answer.json() == {"detail": "The database is not available. Try again later."}


def test_what_takes_too_long_is_given_up(
    organization: Organization, conversation_id: UUID, connection: psycopg.Connection, database_url: str
) -> None:
    impatient = Settings(database_url=database_url, statement_timeout=0.1, jwt_secret=SECRET, _env_file=None)
    path = f"/api/v1/conversations/{conversation_id}"
    with serving(impatient) as url, connection.transaction():
        organization.sql("SELECT FROM conversations WHERE id = %s FOR UPDATE", conversation_id)
        body, headers = {"status": "completed"}, organization.http.headers
        answer = httpx.patch(url + path, json=body, headers=headers)
    assert answer.status_code == 504
    assert answer.json() == {"detail": "This took longer than it may."}
    assert organization.http.get(path).json()["status"] == "active"


def test_a_client_that_hangs_up_is_no_error(organization: Organization, conversation_id: UUID) -> None:
    url = httpx.URL(organization.url)
    head = (
        f"PATCH /api/v1/conversations/{conversation_id} HTTP/1.1\r\nHost: {url.host}\r\n"
        f"Authorization: {organization.http.headers['authorization']}\r\n"
        "X-Request-ID: hung-up\r\nContent-Length: 10\r\n\r\n"
    )
    with logged("json") as logs:
        with socket.create_connection((url.host, url.port)) as connection:
            connection.sendall(head.encode() + b"{")
        logs.after("hung-up")
    assert [entry["level"] for entry in logs.entries()] == ["info"]


def test_what_nobody_foresaw_is_masked_and_logged_once(
    organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("SELECT secret FROM cellar")

    monkeypatch.setattr(resolvers, "lead", broken)
    with logged("json") as logs:
        answer = organization.http.get(f"/api/v1/leads/{organization.id}")
        logs.after(answer.headers["x-request-id"])
    assert answer.status_code == 500
    assert answer.json() == {"detail": "Internal Server Error"}
    [error] = [entry for entry in logs.entries() if entry["level"] == "error"]
    assert error["request_id"] == answer.headers["x-request-id"]
    assert "secret" in error["exception"]
