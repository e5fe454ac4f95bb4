"""Settings: those that make no sense end every command at the start, by name."""

import re
from uuid import UUID

import pytest

from gateway.settings import Settings
from tests.support.commands import invoke
from tests.support.organization import SECRET
from tests.support.server import free_port

pytestmark = pytest.mark.usefixtures("no_settings")
AWAY = "postgresql://127.0.0.1:1/gateway"


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
    "MAX_CHARACTERS": ["0", "few"],
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
