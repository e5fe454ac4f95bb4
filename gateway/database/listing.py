"""Listing: the filtered, ordered, paged queries on one table, for one list or for many parents at once.

A list that hangs on a parent is asked for all parents of a level in ONE statement, pages included.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    FromClause,
    Select,
    Table,
    Uuid,
    bindparam,
    func,
    literal_column,
    select,
    true,
)
from sqlalchemy.sql.visitors import replacement_traverse

from gateway.database.filters import Criteria, asked, choice
from gateway.database.paging import Item, Keyset, Order, Page, Shape, Window, page_of, windowed
from gateway.database.searching import near_or_indexed
from gateway.database.statements import ORGANIZATION_ID, Pipeline, Row, Statement, each_of, scalar
from gateway.database.tables import SEARCHED, row_counts
from gateway.database.tenant import Tenant

Filter = TypeVar("Filter", bound=NamedTuple)

_VIEWED: dict[Any, Any] = {**SEARCHED}
"""The views of tables and of their columns."""
for _table, _view in SEARCHED.items():
    _VIEWED |= zip(_table.c, _view.c, strict=True)
_KEPT_CRITERIA = {**choice(row_counts.c.status, "status"), **choice(row_counts.c.channel, "channel")}
_KEPT_OF = row_counts.c.organization_id == ORGANIZATION_ID


class Listing(Generic[Item, Filter]):
    """The lists of one table's rows. Statements are built once for each shape of question and kept."""

    def __init__(
        self,
        columns: Sequence[ColumnElement[Any]],
        make: Callable[[Sequence[Any]], Item],
        *,
        table: Table,
        parent: ColumnElement[UUID] | None,
        keysets: Mapping[str, Keyset],
        criteria: Criteria,
        counts_are_kept: bool = False,
        beside: Callable[[FromClause], FromClause] | None = None,
    ) -> None:
        """`make` takes a row of `columns`; `parent` is the column that refers to a row's parent.

        `counts_are_kept` where the database keeps them by status and channel. `beside` finds more columns for each
        row of a page of all rows, which `make` takes too.
        """
        self._kept_counts: ColumnElement[str] | None = literal_column(f"'{table.name}'") if counts_are_kept else None
        self._columns = columns
        self._make = make
        self._parent = parent
        self._keysets = keysets
        self._criteria = criteria
        self._beside = beside
        self._of_organization = table.c.organization_id == ORGANIZATION_ID
        self._page = lru_cache(maxsize=512)(self._build_page)
        self._count = lru_cache(maxsize=128)(self._build_count)
        self._counted_page = lru_cache(maxsize=512)(self._build_counted_page)
        self.statement_below = lru_cache(maxsize=512)(self._build_statement_below)
        """`(criteria, order, shape)` to the statement of one page below one `parent`."""
        self._pages = lru_cache(maxsize=512)(self._build_pages)
        self._counts = lru_cache(maxsize=128)(self._build_counts)

    def position(self, row: Item, order: Order) -> tuple[Any, Any]:
        """Where a row stands in an order: what a window's `after` and `before` take."""
        return self._keysets[order.field].position(row)

    def types(self, order: Order) -> tuple[type, type]:
        """The Python types of a position's two values."""
        keyset = self._keysets[order.field]
        return keyset.value.type.python_type, keyset.tie.type.python_type

    async def page(self, tenant: Tenant, filter: Filter, order: Order, window: Window) -> Page[Item]:
        """One page of all of the organization's rows."""
        names, values = asked(filter)
        statement = self._page(names, order, window.shape)
        return page_of(await tenant.all(statement, **values, **window.parameters), window)

    async def counted_page(
        self, tenant: Tenant, filter: Filter, order: Order, window: Window
    ) -> tuple[Page[Item], int]:
        """One page, and how many rows the filter lets through: in one round trip."""
        names, values = asked(filter)
        pipeline = self._counted_page(names, order, window.shape)
        rows, counts = await tenant.all(pipeline, **values, **window.parameters)
        return page_of(rows, window), counts[0]

    async def count(self, tenant: Tenant, filter: Filter) -> int:
        """How many of the organization's rows the filter lets through."""
        names, values = asked(filter)
        return (await tenant.all(self._count(names), **values))[0]

    async def pages(
        self, tenant: Tenant, parents: Sequence[UUID], filter: Filter, order: Order, window: Window
    ) -> list[Page[Item]]:
        """One page for each of the parents, in their order."""
        names, values = asked(filter)
        if len(parents) == 1:
            statement = self.statement_below(names, order, window.shape)
            return [page_of(await tenant.all(statement, parent=parents[0], **values, **window.parameters), window)]
        statement, asked_for = self._pages(names, order, window.shape), _distinct(parents)
        rows = await tenant.all(statement, parents=asked_for, **values, **window.parameters)
        # Integers, because UUIDs are hashed and compared in Python.
        found: dict[int, list[Item]] = {parent.int: [] for parent in parents}
        parent_of = attrgetter(f"{self._parent_column.key}.int")
        for row in rows:
            found[parent_of(row)].append(row)
        pages = {parent: page_of(rows, window) for parent, rows in found.items()}
        answered = [pages[parent.int] for parent in parents]
        if len(parents) > len(asked_for):
            tenant.show_again(row for page in answered for row in page.rows)
        return answered

    async def counts(self, tenant: Tenant, parents: Sequence[UUID], filter: Filter) -> list[int]:
        """How many rows each of the parents has, in their order."""
        names, values = asked(filter)
        counted = dict(await tenant.all(self._counts(names), parents=_distinct(parents), **values))
        return [counted.get(parent, 0) for parent in parents]

    def _build_page(self, names: frozenset[str], order: Order, shape: Shape) -> Statement[Item]:
        by_expression = not isinstance(self._keysets[order.field].value, Column)
        query = self._page_query(names, order, shape)
        if self._beside is not None:
            page = query.subquery("page")
            more = self._beside(page)
            place = (page.c[order.field], page.c.id)
            in_order = (each.desc() for each in place) if order.descending != shape.backwards else place
            query = select(*page.c, *more.c).select_from(page.join(more, true())).order_by(*in_order)
        return statement_of(query, self._make, names, by_expression)

    def _build_counted_page(self, names: frozenset[str], order: Order, shape: Shape) -> Pipeline:
        return Pipeline(self._page(names, order, shape), self._count(names))

    def _page_query(self, names: frozenset[str], order: Order, shape: Shape) -> Select[Any]:
        """The query of a page of all of the organization's rows."""
        if "words" in names:
            rows, keyset = self._rows(names - {"words"}), self._keysets[order.field]
            return near_or_indexed(rows, self._criteria["words"], keyset, descending=order.descending, shape=shape)
        return self._windowed(self._rows(names), order, shape)

    def _build_statement_below(self, names: frozenset[str], order: Order, shape: Shape) -> Statement[Item]:
        parent = bindparam("parent", type_=Uuid)
        return statement_of(self._page_below(parent, names, order, shape), self._make, names)

    def _build_pages(self, names: frozenset[str], order: Order, shape: Shape) -> Statement[Item]:
        """The rows of one parent come in order: they are what one run of the subquery gives.

        Sorting them again would only cost.
        """
        parents = each_of("parents")
        page = self._page_below(parents.c.id, names, order, shape).lateral("page")
        query = select(*page.c).select_from(parents.join(page, true()))
        return statement_of(query, self._make, names)

    def _build_count(self, names: frozenset[str]) -> Statement[int]:
        return statement_of(self._count_query(names), scalar, names)

    def _page_below(
        self, parent: ColumnElement[UUID], names: frozenset[str], order: Order, shape: Shape
    ) -> Select[Any]:
        """The query of one parent's page, for those who ask for more in the same statement."""
        return self._windowed(self._rows(names).where(self._parent_column == parent), order, shape)

    def _count_query(self, names: frozenset[str]) -> Select[Any]:
        """The query of their number, as `count`."""
        if self._kept_counts is not None and names <= _KEPT_CRITERIA.keys():
            kept = func.coalesce(func.sum(row_counts.c.difference), literal_column("0")).cast(BigInteger)
            criteria = (_KEPT_CRITERIA[name] for name in sorted(names))
            return select(kept.label("count")).where(_KEPT_OF, row_counts.c.counted == self._kept_counts, *criteria)
        return self._filtered(select(func.count()), names)

    def _build_counts(self, names: frozenset[str]) -> Statement[tuple[UUID, int]]:
        # Each by itself: grouped, all rows of the biggest organization may be read, to find those of a few parents.
        parents = each_of("parents")
        rows = self._filtered(select(func.count().label("total")), names).where(self._parent_column == parents.c.id)
        counted = rows.lateral("counted")
        query = select(parents.c.id, counted.c.total).select_from(parents.join(counted, true()))
        return statement_of(query, _pair, names)

    def _rows(self, names: frozenset[str]) -> Select[Any]:
        return self._filtered(select(*self._columns), names)

    def _filtered(self, query: Select[Any], names: frozenset[str]) -> Select[Any]:
        criteria = (self._criteria[name] for name in sorted(names))
        return query.where(self._of_organization, *criteria)

    def _windowed(self, query: Select[Any], order: Order, shape: Shape) -> Select[Any]:
        return windowed(query, self._keysets[order.field], descending=order.descending, shape=shape)

    @property
    def _parent_column(self) -> ColumnElement[UUID]:
        assert self._parent is not None  # noqa: S101 (a table without parents is never asked by parent)
        return self._parent


def _distinct(ids: Sequence[UUID]) -> list[UUID]:
    return list({id.int: id for id in ids}.values())


def statement_of(
    query: Select[Any], make: Callable[[Sequence[Any]], Row], names: frozenset[str], by_expression: bool = False
) -> Statement[Row]:
    """Make the statement of a query that filters by these criteria; `by_expression` where it orders by one."""
    is_search = not names.isdisjoint({"words", "search", "search_short"})
    if not (is_search or by_expression):
        return Statement(query, make)
    # Under row security an index serves such expressions only behind a view. Filtered, an average organization's rows
    # would rather be read and sorted than found in their order, and so all of the biggest one's.
    viewed: Any = replacement_traverse(query, {}, lambda element, **_: _VIEWED.get(element))
    return Statement(viewed, make, planned_anew=is_search or bool(names))


def _pair(row: Sequence[Any]) -> tuple[Any, Any]:
    return row[0], row[1]
