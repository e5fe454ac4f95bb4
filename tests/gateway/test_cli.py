"""The commands, as an operator meets them."""

import gzip
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import jwt
import pytest
from typer.testing import CliRunner, Result

from gateway.cli import app
from gateway.sample import SAMPLE_ORGANIZATION
from gateway.settings import Settings
from tests.support.organization import SECRET, Organization, token
from tests.support.server import free_port
from tests.support.stream import streamed
from tests.support.transferred import conversation, lead, lines, message

ROOT = Path(__file__).parents[2]
AWAY = "postgresql://127.0.0.1:1/gateway"
SECONDS = 60


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither this machine's environment nor a developer's .env is the tests'."""
    for name in os.environ:
        if name.startswith("GATEWAY_"):
            monkeypatch.delenv(name)
    for name in ("GATEWAY_DOCUMENTS", "GATEWAY_DOCUMENTS_MODE"):  # `serve` hands them on to its workers like this
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}{os.pathsep}{ROOT / 'graphql'}")
    monkeypatch.chdir(tmp_path)


def invoke(*arguments: str, **settings: str) -> Result:
    """Run a command in this process."""
    # What `serve` tells its workers is to end with it.
    given: dict[str, str | None] = {"GATEWAY_DOCUMENTS": None, "GATEWAY_DOCUMENTS_MODE": None}
    given |= {f"GATEWAY_{name}": value for name, value in settings.items()}
    return CliRunner().invoke(app, arguments, env=given)


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "gateway", *arguments]


def run(*arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run a command as a process of its own."""
    return subprocess.run(command(*arguments), input=given, capture_output=True, timeout=SECONDS, check=False)


@contextmanager
def started(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run a command that serves, and kill what is left of it at the end."""
    with subprocess.Popen(command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def wait_until_served(url: str) -> None:
    until = time.monotonic() + SECONDS
    while True:
        try:
            httpx.get(url)
        except httpx.TransportError:
            assert time.monotonic() < until, f"{url} does not answer"
            time.sleep(0.05)
        else:
            return


def claims(result: Result) -> dict[str, object]:
    """What the printed token says."""
    decoded: dict[str, object] = jwt.decode(
        result.stdout.strip(), SECRET, algorithms=["HS256"], options={"verify_aud": False}
    )
    return decoded


def test_a_token_says_who_and_where() -> None:
    organization = uuid4()
    said = claims(invoke("token", "--organization", str(organization), JWT_SECRET=SECRET))
    expires_at = said.pop("exp")
    assert said == {"sub": "operator", "organization_id": str(organization)}
    assert isinstance(expires_at, int)
    assert abs(expires_at - time.time() - 3600) < 10


def test_a_token_has_what_it_is_asked_for() -> None:
    settings = {"JWT_SECRET": SECRET, "JWT_ISSUER": "us", "JWT_AUDIENCE": "them"}
    asked = (
        "--user",
        "anna",
        "--ttl",
        "60",
        "--scope",
        "leads:read leads:write",
        "--scope",
        "conversations:read",
    )
    said = claims(invoke("token", "--organization", str(uuid4()), *asked, **settings))
    assert said["sub"] == "anna"
    assert said["scope"] == "leads:read leads:write conversations:read"
    assert (said["iss"], said["aud"]) == ("us", "them")
    assert isinstance(said["exp"], int)
    assert said["exp"] < time.time() + 61


def test_a_token_may_allow_nothing() -> None:
    assert claims(invoke("token", "--organization", str(uuid4()), "--scope", "", JWT_SECRET=SECRET))["scope"] == ""


@pytest.mark.parametrize(
    "asked", [["--scope", "leads:delete"], ["--user", ""], ["--ttl", "0"], ["--organization", "ours"]]
)
def test_a_token_that_nobody_would_take_is_not_made(asked: list[str]) -> None:
    result = invoke("token", "--organization", str(uuid4()), *asked, JWT_SECRET=SECRET)
    assert result.exit_code == 2
    assert f"Invalid value for '{asked[0]}'" in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "settings", "expected"),
    [
        (["token", "--organization", str(UUID(int=1))], {}, "GATEWAY_JWT_SECRET is not set"),
        (["serve"], {"JWT_SECRET": SECRET}, "GATEWAY_DATABASE_URL is not set"),
        (["serve"], {"DATABASE_URL": AWAY}, "GATEWAY_JWT_SECRET or GATEWAY_JWKS_URL must be set"),
        (
            ["serve"],
            {"DATABASE_URL": AWAY, "JWT_SECRET": "short"},
            "GATEWAY_JWT_SECRET must be at least 32 bytes long",
        ),
        (
            ["migrate"],
            {"DATABASE_URL": AWAY, "POOL_SIZE": "many"},
            "GATEWAY_POOL_SIZE Input should be a valid integer, unable to parse string as an integer",
        ),
        (
            ["migrate"],
            {"DATABASE_URL": "mysql://x/y"},
            "GATEWAY_DATABASE_URL is not like postgresql://user@host/name",
        ),
        (
            ["export", "--organization", str(UUID(int=1))],
            {"DATABASE_URL": "postgresql://host:port/name"},
            "GATEWAY_DATABASE_URL is not like postgresql://user@host/name",
        ),
    ],
)
def test_a_wrong_setting_is_named(arguments: list[str], settings: dict[str, str], expected: str) -> None:
    result = invoke(*arguments, **settings)
    assert result.exit_code == 2
    assert result.stderr == f"gateway: {expected}\n"


NONSENSE = {
    "DATABASE_URL": ["nonsense", "postgresql://user@host/name?nonsense=1"],
    "DIRECT_URL": ["nonsense", "postgresql://user@host:port/name"],
    "PREPARE": ["perhaps"],
    "POOL_SIZE": ["many", "0", "1000000000"],
    "POOL_TIMEOUT": ["0", "inf", "nan"],
    "ROW_SECURITY": ["perhaps"],
    "STATEMENT_TIMEOUT": ["0", "0.0001", "inf", "1e12"],
    "LOCK_TIMEOUT": ["-1", "inf"],
    "REQUEST_TIMEOUT": ["0", "inf"],
    "CLIENT_TIMEOUT": ["0", "nan"],
    "MAX_CONNECTIONS": ["0", "all"],
    "MAX_REQUESTS": ["0", "all"],
    "MAX_ANSWER_BYTES": ["-1", "16 MB"],
    "MAX_HEAD_BYTES": ["0", "32 kB"],
    "DRAIN": ["-1", "inf"],
    "REPLICA_URLS": ["nonsense", "postgresql://one/name postgresql://two/name?nonsense=1"],
    "REPLICA_LAG": ["0", "inf"],
    "JWT_SECRET": ["short"],
    "JWKS_URL": ["nonsense", "ftp://provider/keys", "file:///keys"],
    "MAX_BODY_BYTES": ["0", "1 MB"],
    "MAX_DEPTH": ["0", "deep"],
    "MAX_ALIASES": ["-1", "few"],
    "MAX_DIRECTIVES": ["-1", "few"],
    "MAX_ROOT_FIELDS": ["0", "few"],
    "MAX_FIELDS": ["0", "few"],
    "MAX_TOKENS": ["0", "few"],
    "MAX_BATCH": ["0", "few"],
    "MAX_COST": ["0", "cheap"],
    "MAX_SOCKET_OPERATIONS": ["0", "few"],
    "MAX_SOCKETS": ["0", "all"],
    "MAX_SUBSCRIPTIONS": ["-1", "all"],
    "INTROSPECTION": ["perhaps"],
    "COMPILED": ["perhaps"],
    "FEDERATION": ["perhaps"],
    "BUDGET": ["0", "cheap"],
    "DOCUMENTS": ["nowhere.json", "/"],
    "DOCUMENTS_MODE": ["sometimes", "only"],
    "CORS_ORIGINS": ["app.example.com", "https://app.example.com/", "* everybody"],
    "REST_DEPRECATED_AT": ["soon", "2027-01-01T00:00:00"],
    "REST_SUNSET_AT": ["later", "2027-01-01"],
    "METRICS_TOKEN": ["two words", "é"],
    "LOG_LEVEL": ["LOUD"],
    "LOG_FORMAT": ["xml"],
    "SLOW_MILLISECONDS": ["-1", "long"],
    "SERVER_TIMING": ["perhaps"],
    "OTEL": ["perhaps"],
}
ANY_TEXT = {"JWT_ISSUER", "JWT_AUDIENCE"}


def test_nonsense_is_known_for_every_setting() -> None:
    assert {name.upper() for name in Settings.model_fields} == NONSENSE.keys() | ANY_TEXT


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in NONSENSE.items() for value in values])
def test_nonsense_ends_it_at_the_start(name: str, value: str) -> None:
    given = {"DATABASE_URL": AWAY, "JWT_SECRET": SECRET, name: value}
    result = invoke("serve", "--port", str(free_port()), **given)
    assert result.exit_code == 2
    assert re.fullmatch(f"gateway: GATEWAY_{name} .+\n", result.stderr)
    assert result.stdout == ""


def test_the_end_comes_after_the_beginning() -> None:
    given = {"REST_DEPRECATED_AT": "2027-07-01T00:00:00Z", "REST_SUNSET_AT": "2027-06-30T00:00:00Z"}
    result = invoke("migrate", DATABASE_URL=AWAY, **given)
    assert result.stderr == "gateway: GATEWAY_REST_SUNSET_AT must not be before GATEWAY_REST_DEPRECATED_AT\n"


def test_the_settings_are_listed() -> None:
    lines = invoke("settings").stdout.splitlines()
    assert lines[0].startswith("| setting ")
    assert len(lines) == len(Settings.model_fields) + 2


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_is_told_how_to_complete(shell: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shellingham.detect_shell", lambda: (shell, shell))
    assert "_GATEWAY_COMPLETE" in CliRunner().invoke(app, ["--show-completion"], prog_name="gateway").stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["migrate"],
        ["export", "--organization", str(UUID(int=1))],
        ["import", "records", "--organization", str(UUID(int=1))],
    ],
)
def test_a_database_that_is_away_is_one_clear_line(arguments: list[str]) -> None:
    Path("records").touch()
    result = invoke(*arguments, DATABASE_URL=AWAY)
    assert result.exit_code == 1
    assert result.stderr == "gateway: the database at GATEWAY_DATABASE_URL does not answer, or does not let us in\n"


def test_a_file_that_is_not_there_is_one_clear_line() -> None:
    result = invoke("import", "records", "--organization", str(uuid4()), DATABASE_URL=AWAY)
    assert result.exit_code == 1
    assert result.stderr == "gateway: records: No such file or directory\n"


def test_the_schema_is_printed_and_checked() -> None:
    sdl = invoke("schema").stdout
    assert "type Query {" in sdl
    Path("same").write_text(sdl, encoding="utf-8")
    Path("other").write_text(sdl.replace("type Query {", "type Question {"), encoding="utf-8")
    same, other = invoke("schema", "--check", "same"), invoke("schema", "--check", "other")
    assert (same.exit_code, same.output) == (0, "")
    assert other.exit_code == 1
    assert "-type Question {\n+type Query {\n" in other.stdout
    assert other.stderr == "gateway: other differs from the code's schema\n"


def test_the_version_is_told() -> None:
    result = invoke("--version")
    assert result.exit_code == 0
    assert result.stdout.strip()


def test_migrating_again_changes_nothing(database_url: str) -> None:
    result = invoke("migrate", DATABASE_URL=database_url)
    assert (result.exit_code, result.output) == (0, "The database's tables are of this version.\n")


def test_records_go_in_and_out(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_DATABASE_URL", database_url)
    jane = lead()
    thread = conversation(jane)
    content = b"".join(lines(jane, thread, message(thread)))
    Path("records.jsonl.gz").write_bytes(gzip.compress(content))
    organization = str(uuid4())
    imported = invoke("import", "records.jsonl.gz", "--organization", organization)
    assert imported.stdout == "3 records read, 3 of them new or changed.\n"
    exported = run("export", "--organization", organization)
    assert (exported.returncode, exported.stdout, exported.stderr) == (0, content, b"")
    again = run("import", "-", "--organization", organization, given=exported.stdout)
    assert (again.returncode, again.stderr) == (0, b"")
    assert again.stdout == b"3 records read, 0 of them new or changed.\n"


def test_a_bad_line_is_named_and_nothing_is_kept(database_url: str) -> None:
    Path("records").write_bytes(b"".join(lines(lead(), lead(status="old"))))
    asked = ("--organization", str(uuid4()))
    result = invoke("import", "records", *asked, DATABASE_URL=database_url)
    assert result.exit_code == 1
    assert result.stderr.startswith('gateway: line 2 "status" is none of new, contacted, ')
    assert result.stderr.count("\n") == 1
    assert invoke("export", *asked, DATABASE_URL=database_url).output == ""


def test_serve_serves_until_it_is_told_to_stop(
    organization: Organization, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEWAY_DATABASE_URL", database_url)
    monkeypatch.setenv("GATEWAY_JWT_SECRET", SECRET)
    monkeypatch.setenv("GATEWAY_DRAIN", "0.1")
    port = free_port()
    with started("serve", "--port", str(port), "--workers", "2") as process:
        wait_until_served(f"http://127.0.0.1:{port}/healthz")
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


def test_a_stream_has_five_seconds_to_end(
    organization: Organization, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEWAY_DATABASE_URL", database_url)
    monkeypatch.setenv("GATEWAY_JWT_SECRET", SECRET)
    port = free_port()
    watched = "subscription { messageAdded { message { content } } }"
    with started("serve", "--port", str(port)) as process:
        wait_until_served(f"http://127.0.0.1:{port}/healthz")
        organization.url = f"http://127.0.0.1:{port}"
        conversation = organization.conversation()
        with organization.client() as client:
            organization.http = client
            with streamed(organization, watched, timeout=SECONDS) as stream:
                time.sleep(0.2)
                process.send_signal(signal.SIGTERM)
                began = time.monotonic()
                time.sleep(0.5)
                organization.message(conversation, "told while it stops")
                assert stream.next().answer == {"messageAdded": {"message": {"content": "told while it stops"}}}
                with pytest.raises((httpx.RemoteProtocolError, StopIteration)):
                    stream.next()
                # uvicorn ends a process of its own by the signal that stopped it.
                assert process.wait(SECONDS) == -signal.SIGTERM
                assert 4 < time.monotonic() - began < 10


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
    monkeypatch.setattr("gateway.cli.serve_gateway", lambda *_: None)
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


def test_who_has_no_home_is_asked_where_to_keep_the_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless(_: str) -> Path:
        raise RuntimeError

    monkeypatch.setattr("gateway.cli.user_data_path", homeless)
    assert invoke("--version").exit_code == 0
    result = invoke("demo")
    assert result.exit_code == 2
    assert "Invalid value for '--data'" in result.stderr


def demo_token(process: subprocess.Popen[str]) -> str:
    """The token that the demo prints."""
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("A token"):
            return next(process.stdout).strip()
    pytest.fail("the demo prints no token")


def test_the_demo_needs_nothing_and_leaves_nothing_running(tmp_path: Path) -> None:
    port = free_port()
    with started("demo", "--port", str(port), "--data", str(tmp_path / "demo")) as process:
        headers = {"Authorization": f"Bearer {demo_token(process)}"}
        wait_until_served(f"http://127.0.0.1:{port}/healthz")
        query = {"query": "{ viewer { organizationId } conversations { totalCount } }"}
        answer = httpx.post(f"http://127.0.0.1:{port}/graphql", json=query, headers=headers).json()
        assert answer["data"]["viewer"]["organizationId"] == str(SAMPLE_ORGANIZATION)
        assert answer["data"]["conversations"]["totalCount"] > 0
        home = httpx.get(f"http://127.0.0.1:{port}/").text
        [given] = set(re.findall(r"[\w-]+\.[\w-]+\.[\w-]{43}", home))
        headers = {"Authorization": f"Bearer {given}"}
        assert httpx.post(f"http://127.0.0.1:{port}/graphql", json=query, headers=headers).json() == answer
        process.send_signal(signal.SIGINT)
        assert process.wait(SECONDS) == 0
    assert not (tmp_path / "demo" / "cluster" / "postmaster.pid").exists()
    assert (tmp_path / "demo" / "jwt-secret").stat().st_mode & 0o777 == 0o600
