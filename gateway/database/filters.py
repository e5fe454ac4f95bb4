"""Filters: the criteria of a filter decide a statement's text, the values are its parameters."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Text, bindparam, or_
from sqlalchemy.dialects.postgresql import ARRAY

Criteria = Mapping[str, ColumnElement[bool]]


PART_LENGTH = 3
"""Characters: what is shorter stands in so many rows that an index of parts is no help."""


class Asked(NamedTuple):
    """The criteria that a filter names, and their values."""

    names: frozenset[str]
    values: dict[str, object]


_NOTHING = Asked(frozenset(), {})


def asked(filter: NamedTuple) -> Asked:
    """Read a filter: None asks for nothing; a choice of one is an equality, which an index can order."""
    if filter.count(None) == len(filter):
        return _NOTHING
    names: set[str] = set()
    values: dict[str, object] = {}
    for name, value in filter._asdict().items():
        if value is None or (name == "search" and not value):
            continue
        if name == "search":
            criterion = "search" if len(value) >= PART_LENGTH else "search_short"
            values |= {"part": value, "pattern": f"%{_escaped(value)}%"}
        elif isinstance(value, tuple):
            criterion = f"{name}_is" if len(value) == 1 else f"{name}_among"
            values[criterion] = value[0] if len(value) == 1 else list(value)
        else:
            criterion, values[name] = name, value
        names.add(criterion)
    return Asked(frozenset(names), values)


def choice(column: ColumnElement[str], name: str) -> dict[str, ColumnElement[bool]]:
    """The criteria of a column that is one of some words."""
    return {
        f"{name}_is": column == bindparam(f"{name}_is", type_=Text),
        f"{name}_among": column == bindparam(f"{name}_among", type_=ARRAY(Text)).any_(),
    }


def any_part(*columns: ColumnElement[Any]) -> ColumnElement[bool]:
    """The searched text stands in any of the columns, upper or lower case alike."""
    return or_(*(column.ilike(bindparam("pattern", type_=Text)) for column in columns))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
