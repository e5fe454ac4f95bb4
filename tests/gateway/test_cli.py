"""The commands, as an operator meets them."""

import gzip
import re
import subprocess
import sys
import time
from pathlib import Path
from uuid import UUID, uuid4

import jwt
import pytest
from typer.testing import CliRunner, Result

from gateway.cli import app
from tests.support.commands import invoke, run
from tests.support.organization import SECRET
from tests.support.transferred import conversation, lead, lines, message

pytestmark = pytest.mark.usefixtures("no_settings")
AWAY = "postgresql://127.0.0.1:1/gateway"


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
    assert result.stderr == "gateway: the database does not answer, or does not let us in: `gateway doctor` says why\n"


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


def test_a_misspelt_command_is_guessed() -> None:
    result = invoke("migrat")
    assert result.exit_code == 2
    assert "Did you mean 'migrate'?" in result.stderr


def test_all_commands_are_listed_with_what_they_do() -> None:
    listed = invoke("--help").stdout
    for name, does in {"demo": "Start on", "import": "Load records", "openapi": "Print the OpenAPI"}.items():
        assert re.search(rf"{name} +{does}", listed)


def test_a_command_does_not_wait_for_what_others_need() -> None:
    program = "import sys; from gateway.cli import app; app(standalone_mode=False); print(*sys.modules)"
    told = subprocess.run(
        [sys.executable, "-c", program, "token", "--help"], capture_output=True, text=True, timeout=60, check=True
    )
    assert "Print a token" in told.stdout
    modules = told.stdout.split()
    assert "gateway.tokens" in modules
    assert not {"alembic", "strawberry", "uvicorn"} & set(modules)


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
