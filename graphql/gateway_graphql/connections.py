"""Connections: the lists of one level, paged together, and the Relay types that show them."""

from asyncio import Future, get_running_loop
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Generic, TypeVar

import strawberry

from gateway.database.paging import Page
from gateway_graphql.context import Context
from levelwise import Lookahead, batched

Node = TypeVar("Node")
Result = TypeVar("Result")


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
        self.pages = Once(pages)
        self.counts = Once(counts)
        self.cursor = cursor


class Once(Generic[Result]):
    """A question that is asked once, by the first who needs its answer, for all of them. No task is made of it."""

    def __init__(self, ask: Callable[[], Awaitable[Result]]) -> None:
        self._ask = ask
        self._asked: Future[Result] | None = None

    async def __call__(self) -> Result:
        """Answer it."""
        if self._asked is not None:
            return await self._asked
        self._asked = get_running_loop().create_future()
        try:
            answer = await self._ask()
        except BaseException as error:
            self._give_up(self._asked, error)
            raise
        self._asked.set_result(answer)
        return answer

    def _give_up(self, asked: "Future[Result]", error: BaseException) -> None:
        if isinstance(error, Exception):
            asked.set_exception(error)
            asked.exception()  # known to who asked, whether others ask or not
        else:
            asked.cancel()


async def _pages(connections: Sequence["Connection[Any]"]) -> list[Page[Any]]:
    lists, pages, found = None, None, []
    for connection in connections:
        if connection.known_page is not None:
            found.append(connection.known_page)
            continue
        if pages is None or connection.lists is not lists:
            lists, pages = connection.lists, await connection.lists.pages()
        found.append(pages[connection.number])
    return found


async def _edges(connections: Sequence["Connection[Any]"], context: Context) -> list[Any]:
    pages = zip(connections, await _pages(connections), strict=True)
    return [[Edge(node=row, cursor=connection.lists.cursor(row)) for row in page.rows] for connection, page in pages]


async def _nodes(connections: Sequence["Connection[Any]"], context: Context) -> list[Any]:
    return [page.rows for page in await _pages(connections)]


async def _page_infos(connections: Sequence["Connection[Any]"], context: Context) -> list["PageInfo"]:
    pages = zip(connections, await _pages(connections), strict=True)
    return [_page_info(page, connection.lists.cursor) for connection, page in pages]


def _page_info(page: Page[Any], cursor: Callable[[Any], str]) -> "PageInfo":
    return PageInfo(
        has_next_page=page.has_next,
        has_previous_page=page.has_previous,
        start_cursor=cursor(page.rows[0]) if page.rows else None,
        end_cursor=cursor(page.rows[-1]) if page.rows else None,
    )


async def _total_counts(connections: Sequence["Connection[Any]"], context: Context) -> list[int]:
    return [await connection.total_count() for connection in connections]


_PAGED = frozenset({_edges, _nodes, _page_infos})


def is_paged(ahead: Lookahead) -> bool:
    """Say whether rows will be asked of a connection."""
    return not _PAGED.isdisjoint(ahead.functions)


def is_counted_page(ahead: Lookahead) -> bool:
    """Say whether rows and the number of all will be asked of a connection."""
    return _total_counts in ahead and is_paged(ahead)


@strawberry.type(description="Information about a page of a list.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether there are rows after this page.")
    has_previous_page: bool = strawberry.field(description="Whether there are rows before this page.")
    start_cursor: str | None = strawberry.field(description="The first row's cursor, for `before`.")
    end_cursor: str | None = strawberry.field(description="The last row's cursor, for `after`.")


@strawberry.type(description="A row and its cursor.")
class Edge(Generic[Node]):
    cursor: str = strawberry.field(description="The row's cursor, for `after` and `before`.")
    node: Node = strawberry.field(description="The row.")


@strawberry.type(description="One page of a list.")
class Connection(Generic[Node]):
    lists: strawberry.Private[Lists]
    number: strawberry.Private[int]
    known_total: strawberry.Private[int | None] = None
    known_page: strawberry.Private[Page[Any] | None] = None

    edges: list[Edge[Node]] = batched(_edges, description="The page's rows with their cursors.")
    nodes: list[Node] = batched(_nodes, description="The page's rows.")
    page_info: PageInfo = batched(_page_infos, description="Information about the page.")
    total: int = batched(
        _total_counts,
        name="totalCount",
        description="The number of rows in the whole list. Counted only if it is selected.",
    )

    async def page(self) -> Page[Any]:
        """Answer the rows."""
        return (await self.lists.pages())[self.number]

    async def total_count(self) -> int:
        """Answer the number of rows of the whole list."""
        return (await self.lists.counts())[self.number] if self.known_total is None else self.known_total
