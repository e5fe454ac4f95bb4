"""Counted pages: a page of a list and the list's length, in one statement."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Generic, NamedTuple

from sqlalchemy import FromClause, select, true

from gateway.database.filters import asked
from gateway.database.listing import Filter, Listing, statement_of
from gateway.database.paging import Order, Shape, Window
from gateway.database.statements import Row, Statement
from gateway.database.tenant import Tenant


class Counted(NamedTuple, Generic[Row]):
    """Rows of a list, and how many rows the whole list has."""

    rows: list[Row]
    total: int


class CountedPages(Generic[Row, Filter]):
    """Asks for a listing's pages."""

    def __init__(
        self,
        listing: Listing[Any, Filter],
        make: Callable[[Sequence[Any]], Row],
        beside: Callable[[FromClause], FromClause] | None = None,
    ) -> None:
        """`beside` finds more columns for each row of a page; `make` takes a row with them."""
        self._listing = listing
        self._make = make
        self._beside = beside
        self._statement = lru_cache(maxsize=512)(self._build)

    async def __call__(self, tenant: Tenant, filter: Filter, order: Order, window: Window) -> Counted[Row]:
        """Ask for a page in an order by a column."""
        names, values = asked(filter)
        parameters = {**values, **window.parameters, "limit": window.size}
        found = await tenant.all(self._statement(names, order, window.shape), **parameters)
        # The count comes with each row, and with none where there is none.
        return Counted([row for _, row in found if row is not None], found[0][0])

    def _build(self, names: frozenset[str], order: Order, shape: Shape) -> Statement[tuple[int, Row | None]]:
        count = self._listing.count_query(names).subquery("counted")
        page = self._listing.page_query(names, order, shape).subquery("page")
        source, columns = count.outerjoin(page, true()), [*count.c, *page.c]
        if self._beside is not None:
            more = self._beside(page)
            source, columns = source.outerjoin(more, true()), [*columns, *more.c]
        place = [each.desc() if order.descending else each for each in (page.c[order.field], page.c.id)]
        query, make = select(*columns).select_from(source).order_by(*place), self._make
        return statement_of(query, lambda row: (row[0], None if row[1] is None else make(row[1:])), names)
