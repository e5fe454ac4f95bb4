"""Connections that are held for nothing, requests beyond what is run at once, clients that go away."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from functools import wraps
from http.client import HTTPResponse
from typing import Any
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest

from tests.support.metrics import counted
from tests.support.organization import Organization
from tests.support.socket import acknowledged
from tests.support.waiting import until

WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'leads'::regclass"


@contextmanager
def dialled(organization: Organization) -> Iterator[socket.socket]:
    parts = urlsplit(organization.url)
    with socket.create_connection((str(parts.hostname), parts.port or 0), timeout=10) as connection:
        yield connection


def answer(connection: socket.socket) -> tuple[int, bytes]:
    """The status and the body of what is answered, until the connection is closed."""
    with HTTPResponse(connection) as response:
        response.begin()
        return response.status, response.read()


def head(organization: Organization, *lines: str, method: str = "POST", path: str = "/graphql") -> bytes:
    token = organization.http.headers["Authorization"]
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: gateway", f"Authorization: {token}", *lines]).encode()


def counts(reason: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Have a test also see that what it tries is counted."""

    def decorated(test: Callable[..., None]) -> Callable[..., None]:
        @wraps(test)
        def counting(strict: Organization, **others: Any) -> None:
            before = counted(strict.url, "gateway_refused_total", reason=reason)
            test(strict=strict, **others)
            until(lambda: counted(strict.url, "gateway_refused_total", reason=reason) > before)

        return counting

    return decorated


@counts("slow_request")
def test_a_head_that_does_not_come(strict: Organization) -> None:
    with dialled(strict) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: ga")
        assert answer(connection) == (408, b"")
        assert connection.recv(1) == b""


def test_a_head_that_comes_byte_by_byte(strict: Organization) -> None:
    with dialled(strict) as connection:
        for byte in b"GET /heal":
            connection.sendall(bytes([byte]))
            time.sleep(0.02)
        assert answer(connection)[0] == 408


@pytest.mark.parametrize("path", ["/graphql", "/api/v1/leads"])
@counts("slow_request")
def test_a_body_that_does_not_come(strict: Organization, path: str) -> None:
    with dialled(strict) as connection:
        lines = "Content-Type: application/json", "Content-Length: 100", "", '{"query":'
        connection.sendall(head(strict, *lines, path=path))
        assert answer(connection) == (408, b"")
        assert connection.recv(1) == b""


def test_a_second_request_may_take_its_time_and_no_longer(strict: Organization) -> None:
    with dialled(strict) as connection:
        connection.sendall(head(strict, "", "", method="GET", path="/healthz"))
        assert answer(connection)[0] == 200
        time.sleep(0.7)
        connection.sendall(head(strict, "", "", method="GET", path="/healthz"))
        assert answer(connection)[0] == 200
        connection.sendall(b"GET /healthz")
        assert answer(connection)[0] == 408


def test_empty_lines_do_not_hold_a_connection(strict: Organization) -> None:
    with dialled(strict) as connection:
        connection.sendall(head(strict, "", "", method="GET", path="/healthz"))
        assert answer(connection)[0] == 200
        connection.sendall(b"\r\n")
        assert connection.recv(1) == b""


@pytest.mark.parametrize("size", [3000, 300_000])
@pytest.mark.parametrize("ended", [True, False])
@counts("head")
def test_a_head_that_is_too_long(strict: Organization, size: int, ended: bool) -> None:
    with dialled(strict) as connection:
        text = head(strict, f"X-Long: {'x' * size}", "", "", method="GET", path="/healthz")
        try:
            connection.sendall(text if ended else text[:-4])
            assert answer(connection)[0] == 431
        except ConnectionError:
            assert size > 100_000  # it was closed while more was sent


def taken(connection: socket.socket) -> int:
    """How many bytes come until the connection breaks."""
    found = 0
    with suppress(ConnectionError):
        while data := connection.recv(1_000_000):
            found += len(data)
    return found


@counts("slow_answer")
def test_a_long_answer_that_nobody_takes(strict: Organization) -> None:
    conversation = strict.conversation()
    for _ in range(80):
        strict.message(conversation, "x" * 100_000)
    with dialled(strict) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        path = f"/api/v1/conversations/{conversation}"
        connection.sendall(head(strict, "Accept-Encoding: identity", "", "", method="GET", path=path))
        time.sleep(3)
        assert taken(connection) < 8_000_000


@counts("requests")
def test_more_requests_than_are_run_at_once(strict: Organization, connection: psycopg.Connection) -> None:
    def ask(organization: Organization, number: int) -> httpx.Response:
        with organization.client() as http:
            if number % 2:
                return http.get("/api/v1/conversations")
            return http.post("/graphql", json={"query": "{ conversations { nodes { id } } }"})

    def check_shed(answer: httpx.Response, why: str) -> None:
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "1"
        assert answer.headers["X-Request-ID"]
        assert why in answer.text
        assert set(answer.json()) < {"detail", "errors"}

    with (
        Organization(connection, strict.url) as other,
        connection.transaction(),
        ThreadPoolExecutor(7) as threads,
    ):
        strict.sql("LOCK TABLE conversations")
        asked = [threads.submit(ask, strict, number) for number in range(6)]
        shed, running = wait(asked, 1)
        assert (len(shed), len(running)) == (4, 2)
        for each in shed:
            check_shed(each.result(), "Too many requests")
        # Of three an organization has two at most: others find one.
        for number in range(2):
            check_shed(ask(strict, number), "Too many requests of this organization are running.")
        assert other.http.get("/api/v1/leads").status_code == 200
        third = threads.submit(ask, other, 0)
        time.sleep(0.2)
        for number in range(2):
            check_shed(ask(other, number), "Too many requests are running.")
        assert {each.result().status_code for each in (*running, third)} == {504}
    assert {ask(strict, number).status_code for number in range(2)} == {200}


@counts("connections")
def test_more_connections_than_are_kept(strict: Organization) -> None:
    with dialled(strict) as first, dialled(strict), dialled(strict), dialled(strict), dialled(strict):
        with dialled(strict), dialled(strict), dialled(strict), dialled(strict) as last:
            last.sendall(head(strict, "", "", method="GET", path="/api/v1/leads"))
            status, body = answer(last)
            assert (status, json.loads(body)) == (503, {"detail": "Too many connections are open. Try again later."})
        time.sleep(0.1)
        first.sendall(head(strict, "Connection: close", "", "", method="GET", path="/api/v1/leads"))
        assert answer(first)[0] == 200


def await_waiting(organization: Organization, waiting: int) -> None:
    """Return once so many statements wait for the table of leads."""
    until(lambda: organization.sql(WAITING) == [(waiting,)], 1.5)  # a request's own time is longer


@pytest.mark.parametrize("write", [True, False])
def test_a_client_that_goes_away_takes_its_statement_along(
    strict: Organization, connection: psycopg.Connection, write: bool
) -> None:
    body = json.dumps({"query": "{ leads { nodes { id } } }"})
    path = "/graphql"
    if write:
        body, path = json.dumps({"name": "never to be seen"}), "/api/v1/leads"
    lines = "Content-Type: application/json", f"Content-Length: {len(body)}", "", body
    with connection.transaction():
        connection.execute("LOCK TABLE leads")
        with dialled(strict) as client:
            client.sendall(head(strict, *lines, path=path))
            await_waiting(strict, 1)
        await_waiting(strict, 0)
    assert strict.sql("SELECT count(*) FROM leads WHERE name = 'never to be seen'") == [(0,)]
    assert strict.http.get("/api/v1/leads").status_code == 200


@pytest.mark.parametrize("how", ["complete", "close"])
def test_what_a_socket_does_not_wait_for_any_more_is_stopped(
    strict: Organization, connection: psycopg.Connection, how: str
) -> None:
    with connection.transaction():
        connection.execute("LOCK TABLE leads")
        with acknowledged(strict) as socket:
            id = socket.subscribe("{ leads { nodes { id } } }")
            await_waiting(strict, 1)
            if how == "complete":
                socket.send("complete", id=id)
                await_waiting(strict, 0)
        await_waiting(strict, 0)


def test_a_request_that_takes_too_long(strict: Organization, connection: psycopg.Connection) -> None:
    with connection.transaction():
        connection.execute("LOCK TABLE leads")
        rest = strict.http.get("/api/v1/leads")
        graphql = strict.http.post("/graphql", json={"query": "{ leads { nodes { id } } }"})
    assert (rest.status_code, rest.json()) == (504, {"detail": "This took longer than it may."})
    assert graphql.status_code == 504
    assert graphql.json()["errors"][0]["extensions"]["code"] == "TIMEOUT"
