"""`gateway demo`: it needs nothing, and leaves nothing running."""

import re
import signal
import subprocess
from pathlib import Path

import httpx
import pytest

from gateway.commands.demo import demo_settings
from gateway.demo import demo_secret
from gateway.sample import SAMPLE_ORGANIZATION
from tests.support.commands import await_served, invoke, started
from tests.support.organization import SECRET
from tests.support.server import free_port
from tests.support.waiting import SECONDS

pytestmark = pytest.mark.usefixtures("no_settings")


def test_who_has_no_home_is_asked_where_to_keep_the_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless(_: str) -> Path:
        raise RuntimeError

    monkeypatch.setattr("gateway.commands.demo.user_data_path", homeless)
    assert invoke("--version").exit_code == 0
    result = invoke("demo")
    assert result.exit_code == 2
    assert "Invalid value for '--data'" in result.stderr


def test_a_secret_that_is_set_signs_the_demos_tokens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "ROW_SECURITY", "DRAIN"):
        monkeypatch.setenv(f"GATEWAY_{name}", "0")  # to be as it was at the end
    for given, expected in ((SECRET, SECRET), ("", demo_secret(tmp_path))):
        monkeypatch.setenv("GATEWAY_JWT_SECRET", given)
        secret = demo_settings("postgresql://nowhere/demo", tmp_path).jwt_secret
        assert secret
        assert secret.get_secret_value() == expected


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
        await_served(f"http://127.0.0.1:{port}/healthz")
        query = {
            "query": '{ viewer { organizationId } conversations(filter: {search: "Priya Carter"}) { totalCount } }'
        }
        answer = httpx.post(f"http://127.0.0.1:{port}/graphql", json=query, headers=headers).json()
        assert answer["data"]["viewer"]["organizationId"] == str(SAMPLE_ORGANIZATION)
        assert answer["data"]["conversations"]["totalCount"] == 1
        home = httpx.get(f"http://127.0.0.1:{port}/").text
        [given] = set(re.findall(r"[\w-]+\.[\w-]+\.[\w-]{43}", home))
        headers = {"Authorization": f"Bearer {given}"}
        assert httpx.post(f"http://127.0.0.1:{port}/graphql", json=query, headers=headers).json() == answer
        process.send_signal(signal.SIGINT)
        assert process.wait(SECONDS) == 0
    assert not (tmp_path / "demo" / "cluster" / "postmaster.pid").exists()
    assert (tmp_path / "demo" / "jwt-secret").stat().st_mode & 0o777 == 0o600
