"""What docs/security.md says of tests and settings is there."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from gateway.settings import Settings

TESTS = Path(__file__).parent
TABLE = (TESTS.parent / "docs" / "security.md").read_text(encoding="utf-8")
ROWS = [row for row in TABLE.splitlines() if row.startswith("| ") and "::" in row]


@cache
def names_in(path: Path) -> set[str]:
    return {
        node.name
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.split("|")[1].strip())
def test_every_attack_has_a_test(row: str) -> None:
    _, attack, defence, settings, test, _ = (cell.strip() for cell in row.split("|"))
    assert attack
    assert defence
    path, _, name = test.strip("`").partition("::")
    assert name in names_in(TESTS / path)
    named = {each.removeprefix("GATEWAY_").lower() for each in re.findall(r"`(\w+)`", settings)}
    assert named <= set(Settings.model_fields)


def test_the_table_was_read() -> None:
    assert len(ROWS) > 60
