"""Walks through a paged list, page by page, as a client does."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from gateway.database.paging import Page, Position, Window

Item = TypeVar("Item")

MOST_PAGES = 100  # a walk that goes in circles ends here


async def walk(
    ask: Callable[[Window], Awaitable[Page[Item]]],
    position: Callable[[Item], Position],
    size: int,
    *,
    backwards: bool = False,
) -> list[Page[Item]]:
    """All pages from one end to the other, in the order in which they were asked for."""
    pages = [await ask(Window(size, backwards))]
    while pages[-1].has_previous if backwards else pages[-1].has_next:
        rows = pages[-1].rows
        after, before = (None, position(rows[0])) if backwards else (position(rows[-1]), None)
        pages.append(await ask(Window(size, backwards, after, before)))
        assert len(pages) < MOST_PAGES
    return pages


def read(pages: list[Page[Item]], size: int, *, backwards: bool = False) -> list[Item]:
    """Return a walk's rows in the list's order, if every page is full and knows what lies on either side."""
    pages = pages[::-1] if backwards else pages
    last = len(pages) - 1
    assert [page.has_previous for page in pages] == [number > 0 for number in range(len(pages))]
    assert [page.has_next for page in pages] == [number < last for number in range(len(pages))]
    inner = pages[1:] if backwards else pages[:-1]
    assert {len(page.rows) for page in inner} <= {size}
    return [row for page in pages for row in page.rows]
