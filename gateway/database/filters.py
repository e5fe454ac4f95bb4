"""Filters: which criteria a list is asked for decides the text of its statement, the values do not."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Text, bindparam, or_
from sqlalchemy.dialects.postgresql import ARRAY

Criteria = Mapping[str, ColumnElement[bool]]


class Asked(NamedTuple):
    """The criteria that a filter names, and their values."""

    names: frozenset[str]
    values: dict[str, object]


def asked(filter: NamedTuple) -> Asked:
    """Read a filter: None asks for nothing; a choice of one is an equality, which an index can order."""
    values: dict[str, object] = {}
    for name, value in filter._asdict().items():
        if isinstance(value, tuple) and len(value) == 1:
            values[f"{name}_is"] = value[0]
        elif isinstance(value, tuple):
            values[f"{name}_among"] = list(value)
        elif name == "search" and value:
            values[name] = "%" + _escaped(value) + "%"
        elif value is not None and name != "search":
            values[name] = value
    return Asked(frozenset(values), values)


def choice(column: ColumnElement[str], name: str) -> dict[str, ColumnElement[bool]]:
    """The criteria of a column that is one of some words."""
    return {
        f"{name}_is": column == bindparam(f"{name}_is", type_=Text),
        f"{name}_among": column == bindparam(f"{name}_among", type_=ARRAY(Text)).any_(),
    }


def any_part(*columns: ColumnElement[Any]) -> ColumnElement[bool]:
    """The searched text stands in any of the columns, upper or lower case alike."""
    return or_(*(column.ilike(bindparam("search", type_=Text)) for column in columns))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
