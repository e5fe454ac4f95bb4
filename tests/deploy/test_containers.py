"""The container's files: what they copy is there, and what they run and set is known to the gateway.

No container engine is at hand here: the commands that they run were run one by one, outside of one.
"""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.settings import Settings
from tests.support.commands import parse

ROOT = Path(__file__).parents[2]
CONTAINERFILE = (ROOT / "Containerfile").read_text(encoding="utf-8").replace("\\\n", " ")
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
SETTINGS = {f"GATEWAY_{name}".upper() for name in Settings.model_fields}


def instructions(name: str) -> list[str]:
    return re.findall(rf"^ *{name} +(.+)$", CONTAINERFILE, re.MULTILINE)


def test_what_is_copied_is_there_and_not_ignored() -> None:
    sources = {source for line in instructions("COPY") if not line.startswith("--from") for source in line.split()[:-1]}
    assert "requirements.lock" in sources
    assert [source for source in sources if not (ROOT / source).exists()] == []
    let_in = {line.removeprefix("!") for line in (ROOT / ".dockerignore").read_text().split() if line.startswith("!")}
    assert {source.partition("/")[0] for source in sources} == let_in


def test_it_runs_a_command_of_the_gateway_and_not_as_root() -> None:
    assert json.loads(instructions("ENTRYPOINT")[0]) == ["gateway"]
    parse(*json.loads(instructions("CMD")[-1]))
    assert int(instructions("USER")[-1]) > 0


def test_it_is_well_when_the_gateway_is(gateway_url: str) -> None:
    (health,) = instructions("HEALTHCHECK")
    _, *arguments = json.loads(health.partition("CMD ")[2])
    here = [argument.replace("http://127.0.0.1:8000", gateway_url) for argument in arguments]
    assert subprocess.run([sys.executable, *here], check=False).returncode == 0
    nowhere = [argument.replace("8000", "1") for argument in arguments]
    assert subprocess.run([sys.executable, *nowhere], check=False, capture_output=True).returncode == 1


def test_images_have_short_names() -> None:
    images = [line.split()[0] for line in instructions("FROM")] + [COMPOSE["services"]["database"]["image"]]
    assert [image for image in images if not re.fullmatch(r"[a-z]+:[a-z0-9.-]+", image)] == []


@pytest.mark.parametrize("name", ["migrate", "gateway"])
def test_a_service_runs_what_there_is(name: str) -> None:
    service = COMPOSE["services"][name]
    parse(*service["command"])
    assert set(service["environment"]) <= SETTINGS
    assert (ROOT / service["build"]["dockerfile"]).exists()
    assert set(service["depends_on"]) <= COMPOSE["services"].keys()


def test_the_commands_of_the_build_are_shell() -> None:
    for line in instructions("RUN"):
        subprocess.run(["sh", "-n", "-c", line], check=True)
        assert shlex.split(line)
