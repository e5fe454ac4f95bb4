"""What the tests with JavaScript clients need: Node.js, and the packages of `package.json` beside it."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def packages() -> Path:
    """The folder with the installed packages; they are installed where they are missing."""
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.skip("Node.js with npm is not installed")
    installed = HERE / "node_modules" / ".package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < (HERE / "package-lock.json").stat().st_mtime:
        done = subprocess.run(["npm", "ci", "--loglevel=error"], cwd=HERE, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"the packages cannot be installed: {done.stderr[-300:]}")
    return HERE / "node_modules"


@pytest.fixture
def node(packages: Path) -> Callable[..., Any]:  # noqa: ARG001 (the scripts find them by themselves)
    """Runs a script of this folder, returns the JSON that it prints."""

    def run(script: str, *arguments: str) -> Any:
        done = subprocess.run(
            ["node", str(HERE / script), *arguments], capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run
