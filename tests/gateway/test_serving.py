"""`gateway serve`: how it starts, what it says of itself, how it stops."""

import signal
import socket
import time
from pathlib import Path

import httpx
import pytest

from tests.support.commands import await_served, invoke, started
from tests.support.organization import SECRET, Organization, token
from tests.support.server import free_port
from tests.support.stream import streamed
from tests.support.waiting import SECONDS

pytestmark = pytest.mark.usefixtures("no_settings")
AWAY = "postgresql://127.0.0.1:1/gateway"


def test_serve_serves_until_it_is_told_to_stop(
    organization: Organization, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEWAY_DATABASE_URL", database_url)
    monkeypatch.setenv("GATEWAY_JWT_SECRET", SECRET)
    monkeypatch.setenv("GATEWAY_DRAIN", "0.1")
    port = free_port()
    with started("serve", "--port", str(port), "--workers", "2") as process:
        await_served(f"http://127.0.0.1:{port}/healthz")
        headers = {"Authorization": f"Bearer {token(organization.id)}"}
        answer = httpx.get(f"http://127.0.0.1:{port}/api/v1/conversations", headers=headers)
        assert answer.status_code == 200, answer.text
        process.send_signal(signal.SIGTERM)
        assert process.wait(SECONDS) == 0
        assert process.stdout is not None
        told = process.stdout.read()
    assert f"Serving http://127.0.0.1:{port}/graphql" in told
    assert "processes  2\n" in told
    assert "tokens     HS256\n" in told
    assert SECRET not in told


def test_a_stream_goes_on_while_the_process_drains(
    organization: Organization, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEWAY_DATABASE_URL", database_url)
    monkeypatch.setenv("GATEWAY_JWT_SECRET", SECRET)
    monkeypatch.setenv("GATEWAY_DRAIN", "2")
    port = free_port()
    watched = "subscription { messageAdded { message { content } } }"
    with started("serve", "--port", str(port)) as process:
        await_served(f"http://127.0.0.1:{port}/healthz")
        organization.url = f"http://127.0.0.1:{port}"
        conversation = organization.conversation()
        with organization.client() as client:
            organization.http = client
            with streamed(organization, watched, timeout=SECONDS) as stream:
                time.sleep(0.2)
                process.send_signal(signal.SIGTERM)
                began = time.monotonic()
                time.sleep(0.2)
                organization.message(conversation, "told while it stops")
                assert stream.next().answer == {"messageAdded": {"message": {"content": "told while it stops"}}}
                with pytest.raises((httpx.RemoteProtocolError, StopIteration)):
                    stream.next()
                # uvicorn ends a process of its own by the signal that stopped it.
                assert process.wait(SECONDS) == -signal.SIGTERM
                assert time.monotonic() - began > 1.9


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "cannot be read: No such file or directory"),
        ("{", "is not JSON: "),
        ("[]", "is no manifest: "),
        ('{"a": 1}', "is no manifest: "),
        ('{"operations": [{"id": "a"}]}', "is no manifest: "),
    ],
)
@pytest.mark.parametrize("workers", ["1", "2"])
def test_documents_that_cannot_be_trusted_end_the_start(content: str | None, reason: str, workers: str) -> None:
    if content is not None:
        Path("manifest.json").write_text(content)
    given = {"DATABASE_URL": AWAY, "JWT_SECRET": SECRET, "DOCUMENTS": "manifest.json"}
    result = invoke("serve", "--workers", workers, **given)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"gateway: GATEWAY_DOCUMENTS manifest.json {reason}")
    assert result.stderr.count("\n") == 1


def test_what_is_served_is_told_without_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.commands.serve.serve_gateway", lambda *_: None)
    Path("manifest.json").write_text('{"one": "{ viewer { userId } }"}')
    told = invoke(
        "serve", "--host", "::1", "--documents", "manifest.json", "--documents-mode", "only", "--workers", "3",
        DATABASE_URL="postgresql://gateway:hidden@db.internal/receptionist",
        JWKS_URL="https://user:hidden@provider.example/keys?key=hidden",
        JWT_SECRET=SECRET,
        BUDGET="5000",
    ).stdout  # fmt: skip
    assert "hidden" not in told
    assert SECRET not in told
    for line in (
        "Serving http://[::1]:8000/graphql and http://[::1]:8000/api/v1",
        "  database   db.internal/receptionist, up to 10 connections a process",
        "  processes  3",
        "  tokens     HS256; RS256, ES256 and EdDSA by the keys of provider.example",
        "  documents  1 are trusted, others are refused",
        "  budget     5,000 rows a minute and organization",
    ):
        assert f"{line}\n" in told


@pytest.mark.parametrize("arguments", [["serve"], ["demo", "--data", "demo"]])
def test_a_taken_port_is_told_before_anything_starts(arguments: list[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        result = invoke(*arguments, "--port", str(port), DATABASE_URL=AWAY, JWT_SECRET=SECRET)
    assert result.exit_code == 1
    assert result.stderr == f"gateway: cannot listen on port {port} of 127.0.0.1: Address already in use\n"
    assert not Path("demo").exists()
