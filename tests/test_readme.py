"""What the README says of settings, commands and files is true."""

import re
from pathlib import Path

import pytest
from typer.main import get_command

from gateway.cli import app
from gateway.settings import settings_table

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_table_of_settings_is_the_code_s() -> None:
    operations = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert f"\n\n{settings_table()}\n\n" in operations, "`gateway settings` prints the table for docs/operations.md"


@pytest.mark.parametrize("name", sorted(get_command(app).commands))  # type: ignore[attr-defined]  # a group has them
def test_every_command_is_told(name: str) -> None:
    assert f"`gateway {name}" in README


def test_every_file_that_it_links_to_is_there() -> None:
    linked = re.findall(r"\]\(([^)#]+)\)", README)
    assert len(linked) > 2
    assert [path for path in linked if not (ROOT / path).exists()] == []
