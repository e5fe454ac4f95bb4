"""Cursors: a row's place in a list, opaque to clients. Each names its list and order, and fits no other."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from gateway.database.paging import Order, Position
from gateway_graphql.errors import BadUserInput


def encode(list_name: str, order: Order, position: Position) -> str:
    """Make the cursor of the row that stands at the position."""
    text = orjson.dumps([list_name, order.field, order.descending, *position])
    return urlsafe_b64encode(text).rstrip(b"=").decode()


def decode(
    cursor: str, list_name: str, order: Order, types: tuple[type, type], *, argument: str
) -> Position:
    """Read a cursor of this list and order. Raises BadUserInput, naming the argument, for every other text."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        found_list, field, descending, value, tie = orjson.loads(urlsafe_b64decode(padded))
    except (ValueError, TypeError):
        raise BadUserInput(f"`{argument}` is not a cursor.") from None
    if (found_list, field, descending) != (list_name, *order):
        raise BadUserInput(f"`{argument}` is a cursor of another list or order.")
    try:
        return _READERS[types[0]](value), _READERS[types[1]](tie)
    except (ValueError, TypeError, OverflowError):
        raise BadUserInput(f"`{argument}` is not a cursor.") from None


def _integer(value: Any) -> int:
    # A position is a count or an order of arrival; the smaller column's range serves for both bounds.
    if type(value) is int and 0 <= value < 2**63:
        return value
    raise ValueError


def _text(value: Any) -> str:
    if isinstance(value, str) and "\0" not in value:
        return value
    raise ValueError


def _timestamp(value: Any) -> datetime:
    parsed = datetime.fromisoformat(value)
    if parsed.utcoffset() is None:
        raise ValueError
    return parsed


_READERS: dict[type, Callable[[Any], Any]] = {int: _integer, str: _text, datetime: _timestamp, UUID: UUID}
