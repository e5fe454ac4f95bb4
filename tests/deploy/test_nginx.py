"""`deploy/nginx.conf`, on a real nginx: requests, WebSockets and event streams come through it."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from gateway.settings import Settings
from tests.support.commands import await_served
from tests.support.organization import Organization
from tests.support.server import free_port
from tests.support.socket import acknowledged
from tests.support.stream import EVENT_STREAM, streamed

CONFIGURATION = Path(__file__).parents[2] / "deploy" / "nginx.conf"
ADDED = "subscription { messageAdded { message { content } } }"

pytestmark = pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed")


def here(configuration: str, port: int, gateway: str) -> str:
    """The server on another port and without TLS, before another gateway."""
    configuration = re.sub(r"listen 443 ssl", f"listen 127.0.0.1:{port}", configuration)
    configuration = re.sub(r"^ *ssl_certificate.*$", "", configuration, flags=re.MULTILINE)
    return configuration.replace("127.0.0.1:8000", gateway)


@pytest.fixture(scope="module")
def nginx_url(gateway_url: str) -> Iterator[str]:
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder, "nginx.conf")
        server = here(CONFIGURATION.read_text(encoding="utf-8"), port, gateway_url.removeprefix("http://"))
        user = "user root;" if os.geteuid() == 0 else ""
        written.write_text(
            f"{user} daemon off; pid {folder}/pid; error_log {folder}/errors; events {{}} http {{ access_log off;"
            + "".join(
                f" {kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
            )
            + f"\n{server}\n}}\n"
        )
        with subprocess.Popen(["nginx", "-e", f"{folder}/errors", "-c", str(written)]) as process:
            try:
                await_served(f"http://127.0.0.1:{port}/healthz", told=Path(folder, "errors").read_text)
                yield f"http://127.0.0.1:{port}"
            finally:
                process.terminate()


@pytest.fixture
def behind(connection: psycopg.Connection, nginx_url: str) -> Iterator[Organization]:
    """An organization whose clients ask nginx."""
    with Organization(connection, nginx_url) as organization:
        yield organization


def test_queries_come_through_compressed(behind: Organization) -> None:
    for _ in range(20):
        behind.conversation(behind.lead())
    answer = behind.http.post("/graphql", json={"query": "{ conversations { nodes { id sessionKey createdAt } } }"})
    assert len(answer.json()["data"]["conversations"]["nodes"]) == 20
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["X-Request-ID"]


def test_a_tag_of_the_rest_interface_is_kept(behind: Organization) -> None:
    for _ in range(20):
        behind.lead()
    first = behind.http.get("/api/v1/leads")
    again = behind.http.get("/api/v1/leads", headers={"If-None-Match": first.headers["ETag"]})
    assert (first.status_code, again.status_code) == (200, 304)


def test_bodies_are_as_long_as_the_gateway_takes_them(behind: Organization) -> None:
    head, tail = b'{"query": "{ __typename } #', b'"}'
    most = Settings.model_fields["max_body_bytes"].default
    headers = {"Content-Type": "application/json"}
    for size, status in ((most, 200), (most + 1, 413)):
        body = head + b"x" * (size - len(head) - len(tail)) + tail
        assert behind.http.post("/graphql", content=body, headers=headers).status_code == status


def test_metrics_are_not_for_everybody(behind: Organization) -> None:
    assert behind.http.get("/metrics").status_code == 403
    assert behind.http.get("/readyz").status_code == 200


def test_events_come_over_a_websocket(behind: Organization) -> None:
    conversation = behind.conversation()
    with acknowledged(behind) as socket:
        subscription = socket.subscribe(ADDED)
        socket.settle()
        behind.message(conversation, "by socket")
        assert socket.next(subscription)["messageAdded"]["message"]["content"] == "by socket"


def test_events_come_as_a_stream_one_by_one(behind: Organization) -> None:
    conversation = behind.conversation()
    with streamed(behind, ADDED) as stream:
        assert stream.response.headers["Content-Type"].startswith(EVENT_STREAM)
        assert stream.any().kind is None
        stream.settle()
        for content in ("first", "second"):
            behind.message(conversation, content)
            assert stream.next().answer["messageAdded"]["message"]["content"] == content
