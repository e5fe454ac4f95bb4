"""Cursors: a row's place in a list, opaque to clients. Each names its list and order, and fits no other."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from gateway.database.changes import EventPosition
from gateway.database.paging import Order, Position
from gateway.records import read_uuid
from gateway_graphql.errors import BadUserInput

_EVENTS = "events"
_LONGEST = 20_000
"""Characters: an event's cursor names the transactions that were running, of which there may be hundreds."""


def encode(list_name: str, order: Order, position: Position) -> str:
    """Make the cursor of the row that stands at the position."""
    return _written([list_name, order.field, order.descending, *position])


def decode(cursor: str, list_name: str, order: Order, types: tuple[type, type], *, argument: str) -> Position:
    """Read a cursor of this list and order. Raises BadUserInput, naming the argument, for every other text."""
    try:
        found_list, field, descending, value, tie = _read(cursor)
    except (ValueError, TypeError):
        raise BadUserInput(f"`{argument}` is not a cursor.") from None
    if (found_list, field, descending) != (list_name, *order):
        raise BadUserInput(f"`{argument}` is a cursor of another list or order.")
    try:
        return _READERS[types[0]](value), _READERS[types[1]](tie)
    except (ValueError, TypeError, OverflowError):
        raise BadUserInput(f"`{argument}` is not a cursor.") from None


def encode_event(position: EventPosition) -> str:
    """Make the cursor of an event."""
    return _written([_EVENTS, *position])


def decode_event(cursor: str, *, argument: str) -> EventPosition:
    """Read an event's cursor. Raises BadUserInput, naming the argument, for every other text."""
    try:
        found_list, seen, until, arrival = _read(cursor)
        if found_list != _EVENTS:
            raise ValueError
        return EventPosition(_snapshot(seen), None if until is None else _snapshot(until), _integer(arrival))
    except (ValueError, TypeError):
        raise BadUserInput(f"`{argument}` is not an event's cursor.") from None


def _written(parts: list[Any]) -> str:
    return urlsafe_b64encode(orjson.dumps(parts)).rstrip(b"=").decode()


def _read(cursor: str) -> Any:
    if len(cursor) > _LONGEST:
        raise ValueError
    return orjson.loads(urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)))


def _snapshot(value: Any) -> str:
    # PostgreSQL reads nothing else as a snapshot: its beginning, its end, and who was running in between.
    oldest, end, running = _text(value).split(":")
    numbers = [int(number) for number in running.split(",") if running]
    first, last = _integer(int(oldest)), _integer(int(end))
    if not 0 < first <= last or numbers != sorted({n for n in numbers if first <= n < last}):
        raise ValueError
    return f"{first}:{last}:{','.join(map(str, numbers))}"


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


_READERS: dict[type, Callable[[Any], Any]] = {int: _integer, str: _text, datetime: _timestamp, UUID: read_uuid}
