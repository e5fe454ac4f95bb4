"""Plans: what was asked of a database, and by which plan its server answers."""

import itertools
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg import sql

from gateway.database.allowance import UNLIMITED, Allowance
from gateway.database.pool import Database
from gateway.database.statements import Row, Statement
from tests.support.volume import Volume

VOLUME = Volume(leads=3_000, conversations=12_000, messages=60_000)
TABLES = dict(zip(("leads", "conversations", "messages"), VOLUME[:3], strict=True))
SUMMER = datetime(2025, 8, 1, tzinfo=UTC)
MODES = ["force_custom_plan", "force_generic_plan"]

Plan = dict[str, Any]
Asked = tuple[Statement[Any], Mapping[str, object]]


class Recorder(Database):
    """A database that remembers what it was asked."""

    asked: list[Asked]

    async def run(
        self, statement: Statement[Row], parameters: Mapping[str, object], allowance: Allowance = UNLIMITED
    ) -> list[Row]:
        self.asked.append((statement, parameters))
        return await super().run(statement, parameters, allowance)


def nodes(plan: Plan) -> Iterator[Plan]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


def explained(planner: psycopg.Connection, mode: str, asked: Asked) -> Plan:
    """The plan by which the server ran a prepared statement, with the numbers of rows that it met."""
    statement, parameters = asked
    organization = str(parameters.get("organization_id", ""))
    planner.execute("SELECT set_config('gateway.organization', %s, false)", (organization,))
    planner.execute(f"SET plan_cache_mode = {mode}".encode())
    planner.execute(f"PREPARE asked AS {statement.sql}".encode())
    values = sql.SQL(", ").join(sql.Literal(parameters[name]) for name in statement.names)
    execute = sql.SQL("EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) EXECUTE asked ({})").format(values)
    row = planner.execute(execute).fetchone()
    planner.execute("DEALLOCATE asked")
    assert row is not None
    plan: Plan = row[0][0]["Plan"]
    return plan


def faults(plan: Plan) -> list[str]:
    """What reads a table from end to end, or sorts more than a twentieth of one."""
    found = [node["Relation Name"] for node in nodes(plan) if node["Node Type"] == "Seq Scan"]
    for node in nodes(plan):
        if node["Node Type"] == "Sort":
            tables = [TABLES[below["Relation Name"]] for below in nodes(node) if "Relation Name" in below]
            rows = int(node["Plans"][0]["Actual Rows"])
            found += [f"{rows} rows sorted"] * (rows > max(tables) / 20)
    return found


def check(planner: psycopg.Connection, recorder: Recorder) -> None:
    """Every statement that was asked is planned well, whether its values are known or not."""
    for asked, mode in itertools.product(recorder.asked, MODES):
        plan = explained(planner, mode, asked)
        assert faults(plan) == [], (asked[0].sql, asked[1], mode)
