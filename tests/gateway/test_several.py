"""Several gateways of one database, behind one address or not, behave as one."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from hashlib import sha256
from itertools import cycle
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from gateway.settings import Settings
from tests.support.commands import await_served
from tests.support.organization import SECRET, Organization
from tests.support.server import free_port, serving
from tests.support.socket import acknowledged
from tests.support.waiting import until

ROOT = Path(__file__).parents[2]
CREATE = """mutation ($name: String!, $key: String) {
    createLead(input: {name: $name, idempotencyKey: $key}) { lead { id } userErrors { code } } }"""
HAPROXY = """
defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
    timeout tunnel 1h
frontend gateway
    bind 127.0.0.1:{port}
    default_backend gateways
backend gateways
    balance roundrobin
    option httpchk GET /readyz
"""


@pytest.fixture(scope="module")
def urls(gateway_url: str, database_url: str) -> Iterator[list[str]]:
    """Two gateways, which share nothing but the database."""
    with serving(Settings(database_url=database_url, jwt_secret=SECRET, _env_file=None)) as another:
        yield [gateway_url, another]


@pytest.fixture
def both(organization: Organization, urls: list[str]) -> Iterator[list[httpx.Client]]:
    """The organization's clients of both."""
    with ExitStack() as open_clients:
        yield [
            open_clients.enter_context(httpx.Client(base_url=url, headers=organization.http.headers, verify=False))
            for url in urls
        ]


def test_what_one_writes_the_others_subscribers_are_told(organization: Organization, both: list[httpx.Client]) -> None:
    conversation_id = organization.conversation()
    with acknowledged(organization) as socket:  # at the first
        id = socket.subscribe("subscription { messageAdded { message { content } } }")
        socket.settle()
        add = """mutation ($id: ID!, $content: String!) {
            addMessage(input: {conversationId: $id, role: USER, content: $content}) { message { id } } }"""
        for number, client in zip(range(6), cycle(both[::-1]), strict=False):
            variables = {"id": str(conversation_id), "content": str(number)}
            assert client.post("/graphql", json={"query": add, "variables": variables}).status_code == 200
            assert socket.next(id)["messageAdded"]["message"]["content"] == str(number)


def test_a_cursor_of_one_is_the_others(organization: Organization, urls: list[str]) -> None:
    conversation_id = organization.conversation()
    watch = "subscription ($after: String) { messageAdded(after: $after) { cursor message { content } } }"
    with acknowledged(organization) as socket:
        id = socket.subscribe(watch)
        socket.settle()
        organization.message(conversation_id, "seen")
        cursor = socket.next(id)["messageAdded"]["cursor"]
    organization.message(conversation_id, "missed")
    organization.url = urls[1]
    with acknowledged(organization) as socket:
        assert socket.next(socket.subscribe(watch, after=cursor))["messageAdded"]["message"]["content"] == "missed"


def test_a_key_creates_one_row_wherever_it_is_sent(organization: Organization, both: list[httpx.Client]) -> None:
    asked = {"query": CREATE, "variables": {"name": "Jane", "key": str(uuid4())}}
    with ThreadPoolExecutor(8) as pool:
        sent = [pool.submit(client.post, "/graphql", json=asked) for client in both * 8]
        ids = {each.result().json()["data"]["createLead"]["lead"]["id"] for each in sent}
    assert len(ids) == 1
    assert organization.sql("SELECT count(*) FROM leads WHERE organization_id = %s", organization.id) == [(1,)]


def test_a_persisted_query_of_one_is_sent_again_to_the_other(both: list[httpx.Client]) -> None:
    query = f"{{ viewer {{ organizationId }} conversations {{ totalCount }} }} # {uuid4()}"
    asked = {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": sha256(query.encode()).hexdigest()}}}
    first, second = both
    assert "errors" not in first.post("/graphql", json={"query": query, **asked}).json()
    assert "errors" not in first.post("/graphql", json=asked).json()
    # As the protocol has it: who is not known to this one says it once more, in full.
    refused = second.post("/graphql", json=asked).json()["errors"][0]
    assert (refused["message"], refused["extensions"]["code"]) == (
        "PersistedQueryNotFound",
        "PERSISTED_QUERY_NOT_FOUND",
    )
    assert "errors" not in second.post("/graphql", json={"query": query, **asked}).json()
    assert "errors" not in second.post("/graphql", json=asked).json()


@pytest.mark.skipif(shutil.which("haproxy") is None, reason="haproxy is not installed")
def test_behind_haproxy(organization: Organization, urls: list[str], tmp_path: Path) -> None:
    port = free_port()
    servers = "".join(f"    server gateway{n} {url.removeprefix('http://')} check\n" for n, url in enumerate(urls))
    (tmp_path / "haproxy.cfg").write_text(HAPROXY.format(port=port) + servers)
    with _running(["haproxy", "-db", "-f", str(tmp_path / "haproxy.cfg")], f"http://127.0.0.1:{port}"):
        organization.url = f"http://127.0.0.1:{port}"
        with organization.client() as client, acknowledged(organization) as socket:
            id = socket.subscribe("subscription { leadChanged { name } }")
            socket.settle()
            for number in range(4):  # each goes to another than the one before
                asked = {"query": CREATE, "variables": {"name": str(number)}}
                assert client.post("/graphql", json=asked).json()["data"]["createLead"]["userErrors"] == []
                assert socket.next(id)["leadChanged"]["name"] == str(number)
            assert client.get("/api/v1/leads").json()["total"] == 4


def test_workers_count_together(organization: Organization, database_url: str, tmp_path: Path) -> None:
    port = free_port()
    command = [sys.executable, "-m", "gateway", "serve", "--workers", "2", "--port", str(port)]
    with _running(
        command,
        f"http://127.0.0.1:{port}",
        cwd=tmp_path,
        env={
            **os.environ,
            "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'graphql'}",
            "GATEWAY_DATABASE_URL": database_url,
            "GATEWAY_JWT_SECRET": SECRET,
            "GATEWAY_LOG_LEVEL": "WARNING",
        },
    ) as url:
        headers = organization.http.headers
        # A connection is one worker's for as long as it lasts: new ones find both, sooner or later.
        for _ in range(30):
            assert httpx.get(f"{url}/api/v1/leads", headers=headers, verify=False).status_code == 200
        until(lambda: _listed(httpx.get(f"{url}/metrics").text) == 30)  # a worker tells the others every second


def _listed(metrics: str) -> int:
    counted = re.search(r'gateway_requests_total\{method="GET",route="/api/v1/leads",status="200"\} (\d+)', metrics)
    return int(counted[1]) if counted else 0


@contextmanager
def _running(command: list[str], url: str, **options: object) -> Iterator[str]:
    """Run a program that serves, and stop it."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)  # type: ignore[call-overload]  # handed on
    try:
        await_served(f"{url}/readyz")
        yield url
    finally:
        process.terminate()
        process.wait(20)
