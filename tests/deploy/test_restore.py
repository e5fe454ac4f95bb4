"""A backup, restored on another server: whole, mended by `gateway migrate`, and at work."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import psycopg
from typer.testing import CliRunner

from gateway.cli import app
from gateway.database.migrate import migrate
from gateway.embedded import embedded_postgres
from gateway.settings import Settings
from tests.support.organization import SECRET, Organization
from tests.support.server import postgres_program, serving
from tests.support.socket import acknowledged

ADDED = "subscription { messageAdded { message { content } } }"
COUNTED = "SELECT (SELECT count(*) FROM messages), (SELECT sum(message_count) FROM conversations)"


def run(name: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs, of the server's own version."""
    subprocess.run([postgres_program(name), *arguments], check=True, capture_output=True)


def gateway(command: str, url: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, [command], env={"GATEWAY_DATABASE_URL": url, "GATEWAY_JWT_SECRET": SECRET})
    return result.exit_code, result.stdout


def test_a_backup_is_whole_and_works(new_database: Callable[[], str], tmp_path: Path) -> None:
    first, dump = new_database(), str(tmp_path / "gateway.dump")
    migrate(first)
    with psycopg.connect(first, autocommit=True) as connection, Organization(connection, "") as organization:
        # The first server has seen more transactions than the second will.
        organization.sql("DO $$ BEGIN FOR n IN 1..20000 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$")
        conversation = organization.conversation()
        for number in range(3):
            organization.message(conversation, f"before {number}")
    run("pg_dump", "--format=custom", f"--file={dump}", first)
    with embedded_postgres(tmp_path / "second", durable=False) as second:
        run("pg_restore", "--exit-on-error", f"--dbname={second}", dump)
        code, told = gateway("doctor", second)
        assert code == 1
        assert "messages have positions of the server that they were restored from" in told
        assert "3 messages had positions of another server" in gateway("migrate", second)[1]
        code, told = gateway("doctor", second)
        assert code == 0, told
        with (
            psycopg.connect(second, autocommit=True) as connection,
            serving(Settings(database_url=second, jwt_secret=SECRET, _env_file=None)) as url,
            Organization(connection, url) as restored,
        ):
            restored.id = organization.id
            restored.http = restored.client()
            with acknowledged(restored) as socket:
                subscription = socket.subscribe(ADDED)
                socket.settle()
                restored.message(conversation, "after")
                assert socket.next(subscription)["messageAdded"]["message"]["content"] == "after"
            assert restored.sql(COUNTED) == [(4, 4)]
            answer = restored.http.get("/api/v1/conversations").json()
            assert answer["conversations"][0]["last_message_preview"] == "after"
