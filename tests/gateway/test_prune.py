"""`gateway prune`, as an operator meets it."""

from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner, Result

from gateway.cli import app
from tests.support.organization import Organization

OLD = "2025-12-01T10:00:00Z"


def prune(database_url: str, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["prune", *arguments], env={"GATEWAY_DATABASE_URL": database_url})


@pytest.fixture
def aged(organization: Organization) -> Organization:
    """A lead with a conversation with two messages, from long ago, and one message of today."""
    organization.sql("SET gateway.bulk = 'on'")
    old = organization.conversation(organization.lead(created_at=OLD, updated_at=OLD), created_at=OLD, updated_at=OLD)
    for _ in range(2):
        organization.message(old, created_at=OLD)
    organization.sql("RESET gateway.bulk")
    organization.message(organization.conversation())
    return organization


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ([], "2 messages, 0 conversations, 0 leads"),
        (["--conversations"], "2 messages, 1 conversations, 0 leads"),
        (["--leads"], "2 messages, 1 conversations, 1 leads"),
    ],
)
def test_what_goes_is_told(aged: Organization, database_url: str, options: list[str], told: str) -> None:
    asked = ["--before", "2026-01-01", "--organization", str(aged.id), *options]
    assert prune(database_url, *asked, "--dry-run").stdout == f"{told} would go.\n"
    assert prune(database_url, *asked).stdout == f"{told} deleted.\n"
    assert prune(database_url, *asked).stdout == "0 messages, 0 conversations, 0 leads deleted.\n"


def test_to_the_second(aged: Organization, database_url: str) -> None:
    asked = ["--organization", str(aged.id), "--dry-run", "--before"]
    assert prune(database_url, *asked, OLD).stdout.startswith("0 messages")
    assert prune(database_url, *asked, OLD.replace("00Z", "01Z")).stdout.startswith("2 messages")


def test_the_future_is_refused(database_url: str) -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    refused = prune(database_url, "--before", f"{tomorrow:%Y-%m-%d}")
    assert refused.exit_code == 2
    assert "is in the future" in refused.output


def test_a_date_is_needed(database_url: str) -> None:
    assert prune(database_url).exit_code == 2
    assert prune(database_url, "--before", "yesterday").exit_code == 2


def test_a_database_that_is_away() -> None:
    told = prune("postgresql://127.0.0.1:1/gateway", "--before", "2026-01-01")
    assert told.exit_code == 1
    assert "does not answer" in told.stderr
