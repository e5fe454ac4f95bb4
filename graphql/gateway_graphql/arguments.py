"""The arguments of a connection, as Relay has them, and the window that they ask for."""

from typing import Annotated, Any, NamedTuple

import strawberry

from gateway.database.listing import Listing
from gateway.database.paging import Order, Position, Window
from gateway_graphql import cursors
from gateway_graphql.errors import BadUserInput

First = Annotated[
    int | None, strawberry.argument(description="How many rows to return from the start, or after the cursor `after`.")
]
After = Annotated[str | None, strawberry.argument(description="A cursor: return the rows after it.")]
Last = Annotated[
    int | None, strawberry.argument(description="How many rows to return from the end, or before the cursor `before`.")
]
Before = Annotated[str | None, strawberry.argument(description="A cursor: return the rows before it.")]


class PageSizes(NamedTuple):
    """How many rows a page has, and may have."""

    default: int
    largest: int


ROWS = PageSizes(20, 100)
MESSAGES = PageSizes(50, 500)


class Slice(NamedTuple):
    """The four arguments of a connection, as they were given."""

    first: int | None
    after: str | None
    last: int | None
    before: str | None

    def window(self, sizes: PageSizes, list_name: str, listing: Listing[Any, Any], order: Order) -> Window:
        """Read them. Raises BadUserInput, naming the argument."""
        if self.first is not None and self.last is not None:
            raise BadUserInput("`first` and `last` cannot be given together.")
        for name, size in (("first", self.first), ("last", self.last)):
            if size is not None and not 0 <= size <= sizes.largest:
                raise BadUserInput(f"`{name}` must be between 0 and {sizes.largest}, not {size}.")

        def position(argument: str, cursor: str | None) -> Position | None:
            if cursor is None:
                return None
            return cursors.decode(cursor, list_name, order, listing.types(order), argument=argument)

        size = self.first if self.last is None else self.last
        return Window(
            size=sizes.default if size is None else size,
            backwards=self.last is not None,
            after=position("after", self.after),
            before=position("before", self.before),
        )
