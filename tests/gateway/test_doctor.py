"""`gateway doctor`: what it says of settings, tokens and documents, and how."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.cli import app
from tests.support.diagnosis import diagnosed
from tests.support.keys import jwk, provider

pytestmark = pytest.mark.usefixtures("no_settings")


def test_all_is_well(user: str) -> None:
    found = diagnosed(user)
    assert {name for name, each in found.findings.items() if each["level"] != "ok"} == set()
    assert found.exit_code == 0
    assert list(found.findings)[:4] == ["settings", "tokens", "documents", "server"]
    assert len(found.findings) == 16


def test_nobodys_tokens_are_accepted(patient: str) -> None:
    assert "Set GATEWAY_JWT_SECRET or" in diagnosed(patient, GATEWAY_JWT_SECRET="").of("tokens", "failure")


def test_keys_of_a_provider(patient: str) -> None:
    with provider(jwk("RS256"), jwk("ES256")) as keys:
        found = diagnosed(patient, GATEWAY_JWKS_URL=keys.url)
        assert found.findings["tokens"]["said"].endswith("ES256, RS256 by 2 keys of 127.0.0.1")
        keys.publish(jwk("RS256", use="enc"))
        assert "none of 127.0.0.1's keys" in diagnosed(patient, GATEWAY_JWKS_URL=keys.url).of("tokens", "failure")
        keys.status = 500
        assert "answered 500" in diagnosed(patient, GATEWAY_JWKS_URL=keys.url).of("tokens", "failure")
    assert "cannot be fetched" in diagnosed(patient, GATEWAY_JWKS_URL=keys.url).of("tokens", "failure")


def test_documents(patient: str) -> None:
    Path("manifest.json").write_text('{"one": "{ viewer { userId } }"}')
    given = {"GATEWAY_DOCUMENTS": "manifest.json", "GATEWAY_DOCUMENTS_MODE": "only"}
    assert diagnosed(patient, **given).findings["documents"]["said"] == "1 are trusted; the mode is only"
    Path("manifest.json").write_text("{")
    assert "is not JSON" in diagnosed(patient, **given).of("documents", "failure")


def test_a_setting_that_nobody_reads(patient: str) -> None:
    assert "nobody reads GATEWAY_POOLSIZE" in diagnosed(patient, GATEWAY_POOLSIZE="3").of("settings", "warning")


def test_a_setting_that_is_wrong_ends_it(patient: str) -> None:
    found = diagnosed(patient, GATEWAY_JWT_SECRET="hidden")
    assert "GATEWAY_JWT_SECRET must be at least" in found.of("settings", "failure")
    assert list(found.findings) == ["settings"]


def test_it_reads_well_on_a_terminal(patient: str) -> None:
    given = {"GATEWAY_DATABASE_URL": patient, "GATEWAY_JWT_SECRET": "", "COLUMNS": "80"}
    result = CliRunner().invoke(app, ["doctor"], env=given)
    lines = result.stdout.splitlines()
    assert lines[0].startswith("ok       settings     1 of ")
    assert lines[1] == "failure  tokens       nobody's tokens are accepted"
    assert lines[2] == "                      -> Set GATEWAY_JWT_SECRET or GATEWAY_JWKS_URL."
    assert result.exit_code == 1
