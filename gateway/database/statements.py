"""Statement: SQLAlchemy Core built and compiled once, run on psycopg, rows unpacked by position into records."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Executable, Table, TableValuedAlias, Text, Uuid, bindparam, cast, func
from sqlalchemy.dialects.postgresql import ARRAY, psycopg
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler

from gateway.database.codecs import codec

Row = TypeVar("Row")

ORGANIZATION_ID = bindparam("organization_id", type_=Uuid)
"""Whose rows a statement is about: a Tenant gives it to each."""

# "$1" placeholders are PostgreSQL's own: psycopg's raw cursors send the text as it is.
_DIALECT = psycopg.dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it so


class Statement(Generic[Row]):
    """SQL text, the order of its parameters, and what makes a record of a row's tuple.

    >>> from sqlalchemy import bindparam, select, Integer
    >>> Statement(select(bindparam("one", type_=Integer).label("n")), tuple).sql
    'SELECT $1::INTEGER AS n'
    """

    __slots__ = ("_encoders", "_formats", "make", "names", "parts", "planned_anew", "preceded_by", "reads", "sql")

    def __init__(
        self,
        query: Executable,
        make: Callable[[Sequence[Any]], Row],
        *,
        planned_anew: bool = False,
        preceded_by: Sequence["Statement[Any]"] = (),
    ) -> None:
        """`planned_anew`: the best plan depends on the values, as of searches, so it is not prepared.

        `preceded_by` are statements that run before it, in the same transaction, for their effect.
        """
        self.planned_anew = planned_anew
        self.preceded_by = preceded_by
        self.parts: tuple[Statement[Any], ...] = (self,)
        """The statements that are sent: of a Pipeline, several."""
        assert isinstance(query, ClauseElement)  # noqa: S101 (for the type checker: all that is built here is)
        compiled = query.compile(dialect=_DIALECT)
        assert isinstance(compiled, SQLCompiler)  # noqa: S101 (likewise)
        self.sql = compiled.string
        self.reads = self.sql.startswith("SELECT")
        self.make = make
        self.names = tuple(compiled.positiontup or ())
        codecs = [codec(compiled.binds[name].type) for name in self.names]
        self._encoders = tuple(zip(self.names, (each.encode for each in codecs), strict=True))
        self._formats = tuple(each.format for each in codecs)

    def encoded(self, parameters: Mapping[str, Any]) -> tuple[list[bytes | None], tuple[int, ...]]:
        """The parameters as they are sent, and in which of the protocol's formats each is.

        Raises KeyError where one is missing, DataError where a text holds what PostgreSQL cannot keep.
        """
        return [encode(parameters[name]) for name, encode in self._encoders], self._formats

    def count(self, answered: Sequence[Any]) -> int:
        """How many rows there are in its answer."""
        return len(answered)


class Pipeline(Statement[list[Any]]):
    """Statements that take the same parameters and travel together: one round trip. Its rows are the rows of each."""

    __slots__ = ()

    def __init__(self, *statements: Statement[Any]) -> None:
        self.parts = statements
        self.sql = "; ".join(each.sql for each in statements)
        self.reads = all(each.reads for each in statements)
        self.planned_anew = False
        self.preceded_by = ()

    def count(self, answered: Sequence[Any]) -> int:
        """How many rows all of them found."""
        return sum(map(len, answered))


def each_of(name: str) -> TableValuedAlias:
    """Unnest a parameter of ids to rows with an `id`: a LATERAL join to them looks up one by one."""
    return func.unnest(bindparam(name, type_=ARRAY(Uuid))).table_valued("id", name=name).render_derived()


def record(table: Table, kind: type[Row]) -> tuple[list[ColumnElement[Any]], Callable[[Sequence[Any]], Row]]:
    """Return the columns that a record's fields are named after, and what makes the record of a row of them.

    `metadata_text` is the column `metadata`, in the database's own words: reading it as JSON would be for nothing.
    """
    names: tuple[str, ...] = kind._fields  # type: ignore[attr-defined]  # records are NamedTuples
    texts = {f"{column.name}_text": cast(column, Text).label(f"{column.name}_text") for column in table.c}
    # Not `_make`, which would count the columns again for each row.
    make: Callable[..., Any] = tuple.__new__
    return [table.c[name] if name in table.c else texts[name] for name in names], partial(make, kind)


def scalar(row: Sequence[Any]) -> Any:
    """Make the record of a statement that asks for one column."""
    return row[0]
