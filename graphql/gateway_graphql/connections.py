"""Connections: the lists of one level, paged together, and the Relay types that show them."""

from asyncio import Task, ensure_future
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Generic, TypeVar

import strawberry

from gateway.database.paging import Page
from gateway_graphql.context import Context
from levelwise import batched

Node = TypeVar("Node")


class Lists:
    """The lists that one field asks for at one level: all pages are one question, all counts another.

    Either is asked when the first connection needs it, and only then.
    """

    def __init__(
        self,
        pages: Callable[[], Awaitable[Sequence[Page[Any]]]],
        counts: Callable[[], Awaitable[Sequence[int]]],
        cursor: Callable[[Any], str],
    ) -> None:
        """`cursor` makes the cursor of a row."""
        self._ask_pages = pages
        self._ask_counts = counts
        self.cursor = cursor
        self._pages: Task[Sequence[Page[Any]]] | None = None
        self._counts: Task[Sequence[int]] | None = None

    async def page(self, number: int) -> Page[Any]:
        """Answer the page of the list with this number."""
        if self._pages is None:
            self._pages = ensure_future(_all(self._ask_pages))
        return (await self._pages)[number]

    async def count(self, number: int) -> int:
        """Answer how many rows the list with this number has in all."""
        if self._counts is None:
            self._counts = ensure_future(_all(self._ask_counts))
        return (await self._counts)[number]


async def _all(question: Callable[[], Awaitable[Sequence[Node]]]) -> Sequence[Node]:
    return await question()


async def _edges(connections: Sequence["Connection[Any]"], context: Context) -> list[Any]:
    return [
        [Edge(node=row, cursor=connection.lists.cursor(row)) for row in (await connection.page()).rows]
        for connection in connections
    ]


async def _nodes(connections: Sequence["Connection[Any]"], context: Context) -> list[Any]:
    return [(await connection.page()).rows for connection in connections]


async def _page_infos(connections: Sequence["Connection[Any]"], context: Context) -> list["PageInfo"]:
    return [_page_info(await connection.page(), connection.lists.cursor) for connection in connections]


def _page_info(page: Page[Any], cursor: Callable[[Any], str]) -> "PageInfo":
    return PageInfo(
        has_next_page=page.has_next,
        has_previous_page=page.has_previous,
        start_cursor=cursor(page.rows[0]) if page.rows else None,
        end_cursor=cursor(page.rows[-1]) if page.rows else None,
    )


async def _total_counts(connections: Sequence["Connection[Any]"], context: Context) -> list[int]:
    return [await connection.total_count() for connection in connections]


@strawberry.type(description="Where a page lies in its list.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether rows come behind this page.")
    has_previous_page: bool = strawberry.field(description="Whether rows come in front of this page.")
    start_cursor: str | None = strawberry.field(description="The first row's cursor, for `before`.")
    end_cursor: str | None = strawberry.field(description="The last row's cursor, for `after`.")


@strawberry.type(description="A row and its place in the list.")
class Edge(Generic[Node]):
    cursor: str = strawberry.field(description="The row's place: for `after` and `before`.")
    node: Node = strawberry.field(description="The row.")


@strawberry.type(description="One page of a list.")
class Connection(Generic[Node]):
    lists: strawberry.Private[Lists]
    number: strawberry.Private[int]
    known_total: strawberry.Private[int | None] = None

    edges: list[Edge[Node]] = batched(_edges, description="The page's rows with their cursors.")
    nodes: list[Node] = batched(_nodes, description="The page's rows.")
    page_info: PageInfo = batched(_page_infos, description="Where the page lies in the list.")
    total: int = batched(
        _total_counts,
        name="totalCount",
        description="How many rows the whole list has. Counted only if it is selected.",
    )

    async def page(self) -> Page[Any]:
        """Answer the rows."""
        return await self.lists.page(self.number)

    async def total_count(self) -> int:
        """Answer the number of rows of the whole list."""
        return await self.lists.count(self.number) if self.known_total is None else self.known_total
