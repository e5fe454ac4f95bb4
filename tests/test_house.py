"""The house rules that no linter holds."""

import ast
import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import graphql

ROOT = Path(__file__).parents[1]
PACKAGES = (ROOT / "gateway", ROOT / "rest_compat", ROOT / "graphql")
SOURCES = sorted(path for package in PACKAGES for path in package.rglob("*.py"))
TREES = {path.relative_to(ROOT): ast.parse(path.read_bytes()) for path in SOURCES}

MOST_LINES = 250
MOST_LINES_OF_A_FUNCTION = 50
SQL_LIBRARIES = {"alembic", "psycopg", "psycopg_pool", "sqlalchemy"}
SPEAKS_SQL = (Path("gateway/database"), Path("gateway/embedded.py"))
# Character classes keep a pattern from matching itself.
REGISTRY = re.compile(rb"pypi[.]org|pythonhosted[.]org|npmjs[.]|yarnpkg[.]com")

Import = ast.Import | ast.ImportFrom


def imports(tree: ast.AST) -> Iterator[Import]:
    """Every import statement at or below a node."""
    return (node for node in ast.walk(tree) if isinstance(node, Import))


def libraries(node: Import) -> set[str]:
    """The top-level packages that a statement imports."""
    names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
    return {name.partition(".")[0] for name in names}


def project_files() -> Iterator[Path]:
    """What a clone holds: all files but those that git ignores."""
    ignored = {".git", *(line.strip("/") for line in (ROOT / ".gitignore").read_text().split())}
    for folder, folders, names in os.walk(ROOT):
        folders[:] = set(folders) - ignored
        yield from (Path(folder, name) for name in set(names) - ignored)


def test_graphql_is_graphql_core() -> None:
    assert not (ROOT / "graphql" / "__init__.py").exists()
    assert not Path(graphql.__file__).is_relative_to(ROOT / "graphql")
    assert callable(graphql.build_schema)


def test_every_module_says_what_lives_there() -> None:
    assert [path for path, tree in TREES.items() if not ast.get_docstring(tree)] == []


def test_no_import_hides_in_a_function() -> None:
    hidden = {
        f"{path}:{node.lineno}"
        for path, tree in TREES.items()
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in imports(function)
    }
    assert hidden == set()


def test_sql_is_in_one_package() -> None:
    elsewhere = [
        f"{path}:{node.lineno}"
        for path, tree in TREES.items()
        if not any(path.is_relative_to(place) for place in SPEAKS_SQL)
        for node in imports(tree)
        if libraries(node) & SQL_LIBRARIES
    ]
    assert elsewhere == []


def test_modules_are_short() -> None:
    counted = {path: len(path.read_bytes().splitlines()) for path in SOURCES if "migrations" not in path.parts}
    assert {str(path): lines for path, lines in counted.items() if lines > MOST_LINES} == {}


def test_functions_are_short() -> None:
    counted = {
        f"{path}:{node.lineno}": (node.end_lineno or 0) - node.lineno + 1
        for path, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert {place: lines for place, lines in counted.items() if lines > MOST_LINES_OF_A_FUNCTION} == {}


def test_every_module_has_its_layer() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    placed = {name for layer in contracts[0]["layers"] for name in layer.split(" | ")}
    modules = {f"gateway.{path.stem}" for path in (ROOT / "gateway").glob("[!_]*.py")}
    assert modules - placed == set()


def test_no_file_names_a_package_registry() -> None:
    assert [str(path) for path in project_files() if REGISTRY.search(path.read_bytes())] == []
    assert "://" not in (ROOT / "requirements.lock").read_text()


def test_changelog_tells_what_is_not_released_yet() -> None:
    assert "\n## [Unreleased]\n" in (ROOT / "CHANGELOG.md").read_text()
