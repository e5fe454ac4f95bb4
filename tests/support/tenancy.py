"""Reads a statement as a linter would: which of its tables are not held to one organization?"""

from collections.abc import Iterable, Sequence

from sqlglot import exp, parse_one

from gateway.database.tables import SEARCHED, VERSION_TABLE, metadata

ORGANIZATION = "organization_id"
KNOWN = {*metadata.tables, *(view.name for view in SEARCHED.values())}
NOBODYS = {VERSION_TABLE, "pg_policy", "pg_roles"}
"""Tables of all organizations and of none."""


def unheld_tables(sql: str, parameters: Sequence[str]) -> list[str]:
    """The tables that a statement reads or writes without saying `organization_id = $n`, n being the organization's.

    `parameters` are the names of $1, $2 and so on. What is none of the gateway's is never held.
    """
    statement = parse_one(sql, read="postgres")
    numbers = {str(number) for number, name in enumerate(parameters, 1) if name == ORGANIZATION}
    defined = {each.alias for each in statement.find_all(exp.CTE)}
    tables = [table for table in statement.find_all(exp.Table) if table.name and table.name not in defined]
    concerned = [table for table in tables if table.name not in NOBODYS]
    return [table.name for table in concerned if not (table.name in KNOWN and _is_held(table, numbers))]


def changes_amid_another(sql: str) -> bool:
    """Whether a statement changes rows in a WITH: on Citus a two-phase commit, in which nothing can be announced."""
    return any(isinstance(each.this, exp.DML) for each in parse_one(sql, read="postgres").find_all(exp.CTE))


def _scope(node: exp.Expression) -> exp.Expression:
    found = node.find_ancestor(exp.Select, exp.Update, exp.Delete, exp.Insert)
    assert found is not None, "a table stands in no statement"
    return found


def _is_held(table: exp.Table, numbers: set[str]) -> bool:
    scope = _scope(table)
    if isinstance(scope, exp.Insert):
        return _is_inserted(scope, numbers)
    alone = len([other for other in scope.find_all(exp.Table) if _scope(other) is scope]) == 1
    qualifiers = {table.alias_or_name, ""} if alone else {table.alias_or_name}
    return any(
        isinstance(condition, exp.EQ)
        and isinstance(condition.this, exp.Column)
        and condition.this.name == ORGANIZATION
        and condition.this.table in qualifiers
        and _is_organization(condition.expression, numbers)
        for condition in _conditions(scope)
    )


def _conditions(scope: exp.Expression) -> Iterable[exp.Expr]:
    """What every row fulfils: the parts of WHERE that AND joins, and none below an OR."""
    where = scope.args.get("where")
    if where is None:
        return []
    return where.this.flatten() if isinstance(where.this, exp.And) else [where.this]


def _is_inserted(insert: exp.Insert, numbers: set[str]) -> bool:
    place = [column.name for column in insert.this.expressions].index(ORGANIZATION)
    source = insert.expression
    rows = source.expressions if isinstance(source, exp.Values) else [source]
    return all(_is_organization(row.expressions[place].unalias(), numbers) for row in rows)


def _is_organization(value: exp.Expression, numbers: set[str]) -> bool:
    parameter = value.this if isinstance(value, exp.Cast) else value
    return isinstance(parameter, exp.Parameter) and parameter.name in numbers
