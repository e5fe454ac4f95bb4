"""Pages by keyset: a window onto an ordered list.

A position is where a row stands in its order: the value it is ordered by and the key that breaks ties.
Unlike an offset, it does not change when rows elsewhere are added or removed.
"""

from collections.abc import Callable
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import BigInteger, ColumnElement, Integer, Select, bindparam, tuple_

Item = TypeVar("Item")

Position = tuple[Any, Any]
"""The value that a row is ordered by, and its tie breaker."""


class Shape(NamedTuple):
    """The part of a window that decides a statement's text."""

    backwards: bool
    after: bool
    before: bool
    limited: bool
    offset: bool


class Window(NamedTuple):
    """A part of a list: `size` rows (None: all) after the position `after`, before the position `before`.

    `backwards` takes them from the end; `offset` skips rows, for interfaces that count pages.
    """

    size: int | None
    backwards: bool = False
    after: Position | None = None
    before: Position | None = None
    offset: int = 0

    @property
    def shape(self) -> Shape:
        """The part that decides the statement's text."""
        return Shape(
            self.backwards,
            self.after is not None,
            self.before is not None,
            self.size is not None,
            self.offset > 0,
        )

    @property
    def parameters(self) -> dict[str, object]:
        """The values of the statement's parameters."""
        after, before = self.after or (None, None), self.before or (None, None)
        return {
            "after_value": after[0],
            "after_tie": after[1],
            "before_value": before[0],
            "before_tie": before[1],
            # One row more than asked for tells whether there are more.
            "limit": None if self.size is None else self.size + 1,
            "offset": self.offset,
        }


class Page(NamedTuple, Generic[Item]):
    """The rows of a window, in the list's order, and whether there are rows on either side."""

    rows: list[Item]
    has_previous: bool
    has_next: bool


class Order(NamedTuple):
    """What a list is ordered by, and which end comes first."""

    field: str
    descending: bool


class Keyset(NamedTuple):
    """The columns of an order that no two rows share a place in, and how to read a row's place."""

    value: ColumnElement[Any]
    tie: ColumnElement[Any]
    position: Callable[[Any], Position]


def windowed(query: Select[Any], keyset: Keyset, *, descending: bool, shape: Shape) -> Select[Any]:
    """The query with a window's bounds, order and limit."""
    value, tie = keyset.value, keyset.tie
    place = tuple_(value, tie)
    if shape.after:
        bound = _bound(keyset, "after")
        query = query.where(place < bound if descending else place > bound)
    if shape.before:
        bound = _bound(keyset, "before")
        query = query.where(place > bound if descending else place < bound)
    from_the_end = descending != shape.backwards
    query = query.order_by(*((value.desc(), tie.desc()) if from_the_end else (value, tie)))
    if shape.limited:
        query = query.limit(bindparam("limit", type_=Integer))
    if shape.offset:
        query = query.offset(bindparam("offset", type_=BigInteger))
    return query


def _bound(keyset: Keyset, name: str) -> ColumnElement[Any]:
    return tuple_(bindparam(f"{name}_value", type_=keyset.value.type), bindparam(f"{name}_tie", type_=keyset.tie.type))


def page_of(rows: list[Item], window: Window) -> Page[Item]:
    """Make a page of what a windowed statement found: at most one row more than was asked for."""
    more = window.size is not None and len(rows) > window.size
    if more:
        rows = rows[: window.size]
    if window.backwards:
        # There are rows beyond a bound in any case: the one that the bound was taken from.
        return Page(rows[::-1], more or window.after is not None, window.before is not None)
    return Page(rows, window.after is not None or window.offset > 0, more or window.before is not None)
