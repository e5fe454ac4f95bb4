"""Tenancy: every statement names its organization wherever it touches a table, so one node of many can answer it."""

import ast
import os
import re
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from gateway.database import statements
from gateway.database.admin import staging, transfer
from gateway.database.admin.lines import COLUMNS
from tests.support.every_statement import BUILDERS, every_statement
from tests.support.tenancy import changes_amid_another, unheld_tables

SOURCES = Path(statements.__file__).parent
ORGANIZATION = UUID(int=1)


def test_every_statement_is_held_to_its_organization() -> None:
    every = every_statement()
    assert len(every) > 200
    unheld = {statement.sql: unheld_tables(statement.sql, statement.names) for statement in every}
    assert {sql: tables for sql, tables in unheld.items() if tables} == {}


def test_no_statement_changes_rows_amid_another() -> None:
    assert [statement.sql for statement in every_statement() if changes_amid_another(statement.sql)] == []
    assert changes_amid_another("WITH gone AS (DELETE FROM leads RETURNING id) SELECT id FROM gone")
    assert changes_amid_another("WITH a AS (INSERT INTO leads (id) VALUES ($1) RETURNING id) SELECT id FROM a")
    assert not changes_amid_another("WITH a AS (SELECT id FROM leads) UPDATE leads SET name = $1 FROM a")


def test_no_statement_is_built_elsewhere() -> None:
    built_in = {name for path in SOURCES.glob("*.py") for name in _builders(ast.parse(path.read_bytes()))}
    assert built_in == {*BUILDERS, "__init__"}


def _builders(module: ast.Module) -> Iterator[str]:
    """The outermost functions of a module, or of its classes, in which a Statement is made."""
    bodies = [module.body, *(node.body for node in module.body if isinstance(node, ast.ClassDef))]
    for function in (node for body in bodies for node in body):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            calls = [node.func for node in ast.walk(function) if isinstance(node, ast.Call)]
            if any(isinstance(call, ast.Name) and call.id == "Statement" for call in calls):
                yield function.name


@pytest.mark.parametrize(
    ("sql", "unheld"),
    [
        ("SELECT id FROM leads WHERE id = $2", ["leads"]),
        ("SELECT id FROM leads WHERE organization_id = $2", ["leads"]),
        ("SELECT id FROM leads WHERE organization_id = $1 OR id = $2", ["leads"]),
        ("SELECT id FROM leads WHERE NOT organization_id = $1", ["leads"]),
        ("SELECT l.id FROM leads l, conversations c WHERE l.organization_id = $1", ["conversations"]),
        ("SELECT l.id FROM leads l, conversations c WHERE organization_id = $1", ["leads", "conversations"]),
        ("SELECT id FROM leads WHERE organization_id = $1 AND id IN (SELECT lead_id FROM conversations)",
            ["conversations"]),
        ("SELECT id FROM leads WHERE organization_id IN (SELECT organization_id FROM leads WHERE id = $2)",
            ["leads", "leads"]),
        ("SELECT p.id FROM unnest($2) AS ids(id) JOIN LATERAL (SELECT id FROM leads WHERE id = ids.id) AS p ON true",
            ["leads"]),
        ("UPDATE leads SET name = $2 WHERE id = $3", ["leads"]),
        ("DELETE FROM leads WHERE id = $2", ["leads"]),
        ("INSERT INTO leads (organization_id, name) VALUES ($1, $2), ($2, $1)", ["leads"]),
        ("INSERT INTO leads (organization_id, name) SELECT $2, $1", ["leads"]),
        ("WITH gone AS (DELETE FROM leads RETURNING id) SELECT id FROM gone", ["leads"]),
        ("SELECT id FROM elsewhere WHERE organization_id = $1", ["elsewhere"]),
    ],
)  # fmt: skip
def test_a_bad_statement_would_be_seen(sql: str, unheld: list[str]) -> None:
    assert unheld_tables(sql, ["organization_id", "a", "b"]) == unheld


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT id FROM leads WHERE organization_id = $1",
        "SELECT l.id FROM leads AS l WHERE l.id = $2 AND l.organization_id = $1::uuid AND true",
        "INSERT INTO leads (name, organization_id) VALUES ($2, $1), ($3, $1)",
        "WITH gone AS (DELETE FROM leads WHERE organization_id = $1 RETURNING id) SELECT id FROM gone",
        "SELECT now()",
    ],
)
def test_a_good_statement_passes(sql: str) -> None:
    assert unheld_tables(sql, ["organization_id", "a", "b"]) == []


@pytest.mark.parametrize("table", COLUMNS)
def test_what_imports_and_exports_read_is_held(table: str) -> None:
    for sql in (staging._ids(table), transfer._exporting(table, "id")):  # noqa: SLF001 (seen from nowhere else)
        numbered = re.sub(r"%s|%\(organization_id\)s", "$1", sql).replace("%(ids)s", "$2")
        assert unheld_tables(numbered, ["organization_id", "ids"]) == []


# Statements by their parameters' types, for EXPLAIN. A text may be read as a snapshot.
VALUES = {
    "::UUID": f"'{ORGANIZATION}'",
    "::UUID[]": f"'{{{ORGANIZATION}}}'",
    "::VARCHAR": "'1:1:'",
    "::TEXT": "'1:1:'",
    "::TEXT[]": "'{web}'",
    "::JSONB": "'{}'",
    "::TIMESTAMP WITH TIME ZONE": "'2026-03-07Z'",
    None: r"'\x00'",
}


@pytest.mark.skipif("GATEWAY_TEST_CITUS_URL" not in os.environ, reason="GATEWAY_TEST_CITUS_URL names no cluster")
def test_every_statement_goes_to_one_node(connection: psycopg.Connection) -> None:
    parameter = re.compile(r"\$\d+(::(?:TIMESTAMP WITH TIME ZONE|[A-Z]+(?:\[\])?))?")
    wrong = {}
    for statement in every_statement():
        sql = parameter.sub(lambda found: VALUES.get(found[1], "1") + (found[1] or ""), statement.sql)
        try:
            plan = "\n".join(line for (line,) in connection.execute(f"EXPLAIN {sql}".encode()))
        except psycopg.Error as error:
            plan = str(error)
        of_tables = "organization_id" in statement.names and re.search(r"\b(FROM|INTO|UPDATE)\b", sql)
        if of_tables and (plan.count("Task Count: 1\n") != 1 or "Subplan" in plan):
            wrong[sql] = plan
    assert wrong == {}
