"""What the documentation shows is what happens: every snippet is run (how: `tests/support/snippets.py`)."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest
from graphql import TypeDefinitionNode, parse, print_ast, strip_ignored_characters

from gateway.database.admin.transfer import import_lines
from gateway.database.migrate import migrate
from gateway.sample import SAMPLE_ORGANIZATION, sample_lines
from gateway.settings import Settings
from tests.support.organization import SECRET, token
from tests.support.server import postgres_program, serving
from tests.support.snippets import OUTCOMES, Snippet, differences, matches, snippets

ROOT = Path(__file__).parents[1]
DOCUMENTS = [path for path in (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")) if path.name != "CHANGELOG.md"]
SECONDS = 60
LAST = """
SELECT c.id, c.lead_id, m.id FROM conversations c JOIN messages m ON m.conversation_id = c.id
ORDER BY c.updated_at DESC, m.arrival LIMIT 1
"""


class Demo(NamedTuple):
    """The demo's data behind a gateway of the tests, and what snippets are given."""

    url: str
    folder: Path
    given: dict[str, str]

    def here(self, text: str) -> str:
        """What is addressed to the demo goes to this one."""
        return text.replace("http://127.0.0.1:8000", self.url).replace("ws://127.0.0.1:8000", f"ws{self.url[4:]}")

    def run(self, *command: str) -> str:
        """What a program prints. Fails where the program does."""
        environment = {"LC_ALL": "C.UTF-8", **self.given}
        done = subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
        )
        if done.returncode:
            raise ValueError(f"exit code {done.returncode}: {done.stderr[-2000:] or done.stdout[-2000:]}")
        return done.stdout

    def ask(self, query: str, variables: str | None) -> Any:
        """The answer to an operation."""
        for name in ("CONVERSATION", "LEAD", "MESSAGE"):
            variables = variables and variables.replace(f"${name}", self.given[name])
        headers = {"Authorization": f"Bearer {self.given['TOKEN']}"}
        asked = {"query": query, "variables": json.loads(variables or "{}")}
        return httpx.post(f"{self.url}/graphql", json=asked, headers=headers, timeout=SECONDS).json()


@pytest.fixture(scope="module")
def sample(new_database: Callable[[], str]) -> str:
    """A database with the demo's data, which nobody is connected to."""
    url = new_database()
    migrate(url)
    import_lines(url, SAMPLE_ORGANIZATION, sample_lines())
    return url


@pytest.fixture
def demo(sample: str, connection: psycopg.Connection, tmp_path: Path) -> Iterator[Demo]:
    """A demo of the test's own."""
    name = urlsplit(sample).path[1:]
    connection.execute(f"CREATE DATABASE documented TEMPLATE {name}".encode())
    url = urlsplit(sample)._replace(path="/documented").geturl()
    try:
        with psycopg.connect(url) as reader, _programs(tmp_path) as path:
            found = reader.execute(LAST.encode()).fetchall()[0]
            given = {
                "PATH": path,
                "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'graphql'}",
                "HOME": str(tmp_path),
                "GATEWAY_DATABASE_URL": url,
                "RESTORED": urlsplit(sample)._replace(path="/restored").geturl(),
                "GATEWAY_JWT_SECRET": SECRET,
                "TOKEN": token(SAMPLE_ORGANIZATION),
                "ORGANIZATION": str(SAMPLE_ORGANIZATION),
                **dict(zip(("CONVERSATION", "LEAD", "MESSAGE"), map(str, found), strict=True)),
            }
        folder = tmp_path / "work"
        folder.mkdir()
        with serving(Settings(database_url=url, jwt_secret=SECRET, _env_file=None)) as served:
            yield Demo(served, folder, given)
    finally:
        connection.execute("DROP DATABASE documented WITH (FORCE)")
        connection.execute("DROP DATABASE IF EXISTS restored WITH (FORCE)")
        connection.execute("DROP USER IF EXISTS gateway_service")


@contextmanager
def _programs(folder: Path) -> Iterator[str]:
    """A search path with `gateway` and `python` on it."""
    # No links: through one Python would not find its packages.
    for name, command in {"gateway": "-m gateway", "python": ""}.items():
        program = folder / name
        program.write_text(f'#!/bin/sh\nexec {sys.executable} {command} "$@"\n')
        program.chmod(0o755)
    yield os.pathsep.join([str(folder), str(postgres_program("psql").parent), os.environ["PATH"]])


def told(snippet: Snippet, printed: str) -> list[str]:
    """What differs between what a program prints and what the documentation says of it."""
    if snippet.outcome is None:
        return []
    if snippet.outcome.language == "json":
        return list(differences(json.loads(snippet.outcome.text), json.loads(printed)))
    return [] if matches(snippet.outcome.text.strip(), printed.strip()) else [f"it prints:\n{printed}"]


def run_shell(demo: Demo, snippet: Snippet) -> list[str]:
    return told(snippet, demo.run("bash", "-euo", "pipefail", "-c", demo.here(snippet.block.text)))


def run_python(demo: Demo, snippet: Snippet) -> list[str]:
    return told(snippet, demo.run("python", "-c", demo.here(snippet.block.text)))


def run_graphql(demo: Demo, snippet: Snippet) -> list[str]:
    document = parse(snippet.block.text)
    if all(isinstance(each, TypeDefinitionNode) for each in document.definitions):
        return not_in_schema(snippet.block.text)
    answer = demo.ask(snippet.block.text, snippet.variables)
    if snippet.outcome is not None:
        return list(differences(json.loads(snippet.outcome.text), answer))
    return [str(error) for error in answer.get("errors", [])]


def not_in_schema(definitions: str) -> list[str]:
    """The members of type definitions that the schema's do not have. Descriptions count for nothing."""
    schema = re.sub(r'"""(.*?)"""', "", (ROOT / "schema.graphql").read_text(encoding="utf-8"), flags=re.DOTALL)
    known = members(schema)
    return [f"not in the schema: {' '.join(member)}" for member in sorted(members(definitions) - known)]


def members(definitions: str) -> set[tuple[str, str]]:
    """The fields and values of types, each with its type's name."""
    return {
        (each.name.value, strip_ignored_characters(print_ast(member)))
        for each in parse(definitions).definitions
        if isinstance(each, TypeDefinitionNode)
        for member in (*getattr(each, "fields", ()), *getattr(each, "values", ()))
    }


def is_excerpt(_: Demo, snippet: Snippet) -> list[str]:
    path = ROOT / (snippet.block.info[1] if len(snippet.block.info) > 1 else "")
    if not path.is_file():
        return ["names no file that it is an excerpt of"]
    return [] if snippet.block.text.strip() in path.read_text(encoding="utf-8") else [f"is not in {path.name}"]


RUNNERS = {"sh": run_shell, "python": run_python, "graphql": run_graphql}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_is_shown_happens(document: Path, demo: Demo) -> None:
    wrong = []
    for snippet in snippets(document):
        block = snippet.block
        if block.not_run:
            continue
        if block.language in OUTCOMES and len(block.info) == 1:
            problems = ["stands behind nothing that could have this outcome"]
        else:
            runner = is_excerpt if len(block.info) > 1 else RUNNERS.get(block.language, is_excerpt)
            try:
                problems = runner(demo, snippet)
            except ValueError as error:
                problems = [str(error)]
        wrong += [f"{document.name}:{block.line}: {problem}" for problem in problems]
    assert wrong == [], "\n".join(wrong)


def test_a_type_that_differs_is_noticed() -> None:
    assert not_in_schema("type Viewer { userId: String! } enum Channel { WEB }") == []
    assert not_in_schema("type Viewer { userId: ID! } enum Channel { FAX }") == [
        "not in the schema: Channel FAX", "not in the schema: Viewer userId:ID!",
    ]  # fmt: skip


def test_an_answer_that_differs_is_noticed() -> None:
    shown = {"a": [1, "..."], "b": "x...z", "c": True, "d": None}
    assert list(differences(shown, {"a": [1, 2], "b": "xyz", "c": True, "d": None, "e": 0})) == []
    given = {"a": [], "b": "xy", "c": 1}
    assert list(differences(shown, given)) == [
        ".a has 0 entries, not 1", ".b is 'xy', not 'x...z'", ".c is 1, not True", ".d is missing",
    ]  # fmt: skip
    assert list(differences({"a": [1]}, {"a": [1, 2]})) == [".a has 2 entries, not 1"]
