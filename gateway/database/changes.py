"""What changed since: messages as they commit, conversations and leads by their time of change.

A position is a snapshot of PostgreSQL's: all that is visible in it has been seen. That is exact however
transactions overlap, where a time or a number that only grows would miss what commits late.
"""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Integer,
    Table,
    Text,
    Uuid,
    bindparam,
    cast,
    func,
    literal_column,
    not_,
    select,
    tuple_,
)
from sqlalchemy.types import UserDefinedType

from gateway.database.errors import AnswerTooLarge
from gateway.database.statements import ORGANIZATION_ID, Statement, record, scalar
from gateway.database.tables import conversations, leads, messages
from gateway.database.tenant import Tenant
from gateway.records import Conversation, Lead, Message

ROWS_A_PAGE = 500
_FIRST_ID = UUID(int=0)

Row = TypeVar("Row", Conversation, Lead)


class EventPosition(NamedTuple):
    """All that is visible in `seen`, and of what is visible in `until`, what arrived up to `arrival`."""

    seen: str
    until: str | None = None
    arrival: int = 0


class _Snapshot(UserDefinedType[str]):
    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "pg_snapshot"


class _TransactionId(UserDefinedType[int]):
    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "xid8"


def _visible(snapshot: str) -> ColumnElement[bool]:
    transaction = cast(cast(messages.c.transaction_id, Text), _TransactionId)
    return func.pg_visible_in_snapshot(transaction, cast(bindparam(snapshot, type_=Text), _Snapshot))


# Of the server that holds the organization's rows: on Citus, one of several.
_ITS_ROWS = select(leads.c.id).where(leads.c.organization_id == ORGANIZATION_ID).limit(literal_column("0"))
_SNAPSHOT: Statement[str] = Statement(
    select(cast(func.pg_current_snapshot(), Text), func.count()).select_from(_ITS_ROWS.subquery()), scalar
)

_MESSAGE_COLUMNS, _MAKE_MESSAGE = record(messages, Message)
_ADDED = Statement(
    select(*_MESSAGE_COLUMNS)
    .where(
        messages.c.organization_id == ORGANIZATION_ID,
        # Older transactions had ended when `seen` was taken: the index starts behind them.
        messages.c.transaction_id >= bindparam("oldest", type_=BigInteger),
        not_(_visible("seen")),
        _visible("until"),
        messages.c.arrival > bindparam("arrival", type_=BigInteger),
    )
    .order_by(messages.c.arrival)
    .limit(bindparam("limit", type_=Integer)),
    _MAKE_MESSAGE,
)


async def current_snapshot(tenant: Tenant) -> str:
    """Return what is visible now, as PostgreSQL writes it: `xmin:xmax:xip,...`."""
    return (await tenant.all(_SNAPSHOT))[0]


async def is_ahead(tenant: Tenant, position: EventPosition) -> bool:
    """Say whether a position knows of transactions that this database has not begun yet."""
    return _end(position.until or position.seen) > _end(await current_snapshot(tenant))


def _end(snapshot: str) -> int:
    return int(snapshot.split(":")[1])


async def added_messages(
    tenant: Tenant, position: EventPosition, until: str
) -> AsyncIterator[tuple[Message, EventPosition]]:
    """Every message between the position and the snapshot, each with the position behind it.

    In one conversation they come in the order in which they committed.
    """
    if position.until is not None:
        async for row in _pages(tenant, position.seen, position.until, position.arrival):
            yield row
        position = EventPosition(position.until)
    if position.seen != until:
        async for row in _pages(tenant, position.seen, until, 0):
            yield row


async def _pages(tenant: Tenant, seen: str, until: str, arrival: int) -> AsyncIterator[tuple[Message, EventPosition]]:
    oldest = int(seen.partition(":")[0])
    goes_on = True
    while goes_on:
        rows, goes_on = await _next(tenant, _ADDED, seen=seen, until=until, oldest=oldest, arrival=arrival)
        for row in rows:
            yield row, EventPosition(seen, until, row.arrival)
            arrival = row.arrival


async def _next(tenant: Tenant, statement: Statement[Any], **parameters: object) -> tuple[list[Any], bool]:
    """Find the next rows, as many as may be found at once, and whether there may be more."""
    limit = ROWS_A_PAGE
    while True:
        try:
            rows = await tenant.all(statement, limit=limit, **parameters)
        except AnswerTooLarge:
            if limit == 1:
                raise
            limit = max(limit // 8, 1)
        else:
            return rows, len(rows) == limit


class ChangedRows(Generic[Row]):
    """Rows of a table that changed, by their time of change."""

    def __init__(self, table: Table, kind: type[Row]) -> None:
        columns, make = record(table, kind)
        self._statement: Statement[Row] = Statement(
            select(*columns)
            .where(
                table.c.organization_id == ORGANIZATION_ID,
                tuple_(table.c.updated_at, table.c.id)
                > tuple_(bindparam("since", type_=DateTime(timezone=True)), bindparam("behind", type_=Uuid)),
            )
            .order_by(table.c.updated_at, table.c.id)
            .limit(bindparam("limit", type_=Integer)),
            make,
        )

    async def since(self, tenant: Tenant, when: datetime) -> AsyncIterator[Row]:
        """Every row that changed since a time, in the order of its last change."""
        behind, goes_on = _FIRST_ID, True
        while goes_on:
            rows, goes_on = await _next(tenant, self._statement, since=when, behind=behind)
            for row in rows:
                yield row
                when, behind = row.updated_at, row.id


changed_conversations = ChangedRows(conversations, Conversation)
changed_leads = ChangedRows(leads, Lead)

_NOW: Statement[datetime] = Statement(select(func.now()), scalar)


async def database_time(tenant: Tenant) -> datetime:
    """Return the database's clock: what `updated_at` is set by."""
    return (await tenant.all(_NOW))[0]
