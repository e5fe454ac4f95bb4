"""`deploy/gateway.service`, as systemd reads it."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.commands import parse

UNIT = (Path(__file__).parents[2] / "deploy" / "gateway.service").read_text(encoding="utf-8")


def test_it_runs_a_command_of_the_gateway() -> None:
    (started,) = re.findall(r"^ExecStart=\S+/gateway (.+)$", UNIT, re.MULTILINE)
    parse(*started.split())


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_has_nothing_against_it(tmp_path: Path) -> None:
    unit = tmp_path / "gateway.service"
    unit.write_text(re.sub(r"/opt/gateway/bin/gateway", "/bin/true", UNIT))
    checked = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")
    unit.write_text(unit.read_text().replace("Restart=always", "Restarts=always"))
    assert (
        "Restarts"
        in subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False).stderr
    )
