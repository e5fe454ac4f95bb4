"""Commands, run as an operator runs them: in this process, or as one of their own."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
from typer import Context
from typer.core import TyperGroup
from typer.main import get_command
from typer.testing import CliRunner, Result

from gateway.cli import app
from tests.support.waiting import SECONDS, until


def invoke(*arguments: str, **settings: str) -> Result:
    """Run a command in this process."""
    # What `serve` tells its workers is to end with it.
    given: dict[str, str | None] = {"GATEWAY_DOCUMENTS": None, "GATEWAY_DOCUMENTS_MODE": None}
    given |= {f"GATEWAY_{name}": value for name, value in settings.items()}
    return CliRunner().invoke(app, arguments, env=given)


def parse(name: str, *options: str) -> None:
    """Fail where there is no such command, or it does not take these options."""
    commands = get_command(app)
    assert isinstance(commands, TyperGroup)
    command = commands.get_command(Context(commands), name)
    assert command is not None, name
    command.make_context(name, [*options])


def _command(arguments: tuple[str, ...]) -> list[str]:
    return [sys.executable, "-m", "gateway", *arguments]


def run(*arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run a command as a process of its own."""
    return subprocess.run(_command(arguments), input=given, capture_output=True, timeout=SECONDS, check=False)


@contextmanager
def started(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run a command that serves, and kill what is left of it at the end."""
    with subprocess.Popen(_command(arguments), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def await_served(url: str, told: Callable[[], object] = str) -> None:
    """Return once the address answers 200. Fails where it does not, with what is `told` then."""
    until(lambda: _answers(url), told=told)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, verify=False).status_code == 200
    except httpx.TransportError:
        return False
