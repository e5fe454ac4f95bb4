"""Scalars: DateTime and JSON, which stay as they are until orjson writes the answer; and how an ID is read."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any, NewType
from uuid import UUID

import strawberry
from graphql import ListValueNode, ObjectValueNode, Undefined, ValueNode, value_from_ast_untyped
from orjson import Fragment
from strawberry.types.scalar import ScalarDefinition

from gateway.records import read_uuid
from gateway_graphql.errors import BadUserInput

JSON = NewType("JSON", object)


_RFC_3339 = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})", re.ASCII)


def _datetime(value: Any) -> datetime:
    try:
        if not _RFC_3339.fullmatch(value):
            raise ValueError
        if value[17:19] == "60":
            return _after_leap_second(value)
        return datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise ValueError("DateTime must be like 2026-03-07T10:00:00Z (RFC 3339, with its offset)") from None


def _after_leap_second(value: str) -> datetime:
    # PostgreSQL, too, takes it for the first second of the next day.
    moment = _datetime(f"{value[:17]}59{value[19:]}") + timedelta(seconds=1)
    if (moment.hour, moment.minute) != (0, 0):
        raise ValueError
    return moment


def _as_it_is(value: Any) -> Any:
    return value


def _json_literal(node: ValueNode, variables: dict[str, Any] | None = None) -> Any:
    # A variable without value leaves its member out, or is a null item: as in GraphQL's own input objects and lists.
    if isinstance(node, ObjectValueNode):
        members = ((field.name.value, _json_literal(field.value, variables)) for field in node.fields)
        return {name: value for name, value in members if value is not Undefined}
    if isinstance(node, ListValueNode):
        items = (_json_literal(item, variables) for item in node.values)
        return [None if item is Undefined else item for item in items]
    return value_from_ast_untyped(node, variables)


SCALARS: dict[object, ScalarDefinition] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="A point in time, in RFC 3339 format and UTC: `2026-03-07T10:00:00Z`.",
        specified_by_url="https://datatracker.ietf.org/doc/html/rfc3339",
        serialize=_as_it_is,
        parse_value=_datetime,
    ),
    JSON: strawberry.scalar(
        name="JSON",
        description="Any JSON value.",
        specified_by_url="https://datatracker.ietf.org/doc/html/rfc8259",
        serialize=_as_it_is,
        parse_value=_as_it_is,
        parse_literal=_json_literal,
    ),
}


UNTOUCHED: dict[str, list[type]] = {"ID": [UUID, str], "DateTime": [datetime], "JSON": [Fragment]}
"""Classes of values that orjson writes as they are."""


def uuid_of(id: str, argument: str) -> UUID:
    """Read an ID argument. Raises BadUserInput, naming the argument."""
    read = uuid_or_error(id, argument)
    if isinstance(read, BadUserInput):
        raise read
    return read


def uuid_or_error(id: str, argument: str) -> UUID | BadUserInput:
    """Read one of several IDs, where a malformed one is not to spoil the others."""
    try:
        return read_uuid(id)
    except ValueError:
        return BadUserInput(f"`{argument}` is not a UUID.")
