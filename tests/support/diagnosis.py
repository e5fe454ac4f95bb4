"""What `gateway doctor` says of a database."""

import json
from typing import Any, NamedTuple

import psycopg
from typer.testing import CliRunner

from gateway.cli import app
from tests.support.organization import SECRET


class Diagnosis(NamedTuple):
    """What the doctor said, and its exit code."""

    findings: dict[str, dict[str, str]]
    exit_code: int

    def is_well(self, *checks: str) -> bool:
        return all(self.findings[check]["level"] == "ok" for check in checks)

    def of(self, check: str, level: str) -> str:
        """What was said of one check, with the advice. Nothing else may have failed."""
        failed = [name for name, found in self.findings.items() if found["level"] == "failure"]
        assert failed == ([check] if level == "failure" else []), self.findings
        assert self.exit_code == (level == "failure")
        assert self.findings[check]["level"] == level, self.findings[check]
        assert self.findings[check]["advice"]
        return f"{self.findings[check]['said']} -> {self.findings[check]['advice']}"


def diagnosed(url: str, **settings: str) -> Diagnosis:
    given = {"GATEWAY_DATABASE_URL": url, "GATEWAY_JWT_SECRET": SECRET, **settings}
    result = CliRunner().invoke(app, ["doctor", "--json"], env=given)
    document: dict[str, Any] = json.loads(result.stdout)
    found = {each["check"]: each for each in document["findings"]}
    assert len(found) == len(document["findings"])
    assert document["failures"] == sum(each["level"] == "failure" for each in found.values())
    return Diagnosis(found, result.exit_code)


def execute(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())
