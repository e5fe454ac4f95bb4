"""Plans: what was asked of a database, and by which plan its server answers."""

from collections.abc import Iterator, Mapping
from typing import Any

import psycopg
from psycopg import sql

from gateway.database.allowance import UNLIMITED, Allowance
from gateway.database.pool import Database
from gateway.database.statements import Row, Statement

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
