"""Searching: recent matches are found by walking a list from its beginning, all others by the index.

How many rows hold a phrase, or several common words at once, nobody can estimate: a walk along the list that was
to end soon may have to read all of it. So a walk ends after some rows, and from there on it is the index alone.
"""

from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, bindparam, func, literal_column, select, union_all

from gateway.database.paging import Keyset, Shape, windowed

WALKED = 500
"""Rows that a walk reads, each at some ten microseconds: it fills a page with what stands in one of 25."""


def near_or_indexed(
    rows: Select[Any], matches: ColumnElement[bool], keyset: Keyset, *, descending: bool, shape: Shape
) -> Select[Any]:
    """The window of those rows that match, as one query."""
    limit = bindparam("limit", type_=Integer)
    names = rows.selected_columns.keys()

    def window(query: Select[Any]) -> Select[Any]:
        return windowed(query, keyset, descending=descending, shape=shape)

    walked = window(rows.add_columns(matches.label("matches"))).limit(literal_column(str(WALKED))).subquery("walked")
    near = select(*(walked.c[name] for name in names)).where(walked.c.matches).limit(limit).cte("near")
    found = select(func.count()).select_from(near).scalar_subquery()
    # An offset keeps the planner from walking this one as well.
    indexed = window(rows.where(matches)).order_by(None).limit(None).offset(literal_column("0")).subquery("indexed")
    either = union_all(
        select(*near.c).where(found == limit), select(*(indexed.c[name] for name in names)).where(found < limit)
    ).subquery("either")
    columns = [either.c[str(each.key)] for each in (keyset.value, keyset.tie)]
    from_the_end = descending != shape.backwards
    return select(*either.c).order_by(*(each.desc() if from_the_end else each for each in columns)).limit(limit)
