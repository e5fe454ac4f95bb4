"""Threads: a conversation and its messages in one statement, and so as of one moment."""

from collections.abc import Sequence
from functools import lru_cache, partial
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, Uuid, bindparam, case, func, literal_column, select, true

from gateway.database.conversations import lead_of, with_lead
from gateway.database.messages import CHRONOLOGICAL, listing
from gateway.database.paging import Shape, Window
from gateway.database.statements import ORGANIZATION_ID, Statement, record
from gateway.database.tables import conversations, messages
from gateway.database.tenant import Tenant
from gateway.records import Conversation, ConversationWithLead, Message

_HEAD, _ = record(conversations, Conversation)
_HEAD_WIDTH = len(_HEAD) + 2  # its own columns, and its lead's name and email
_KEY = (conversations.c.organization_id == ORGANIZATION_ID, conversations.c.id == bindparam("key", type_=Uuid))
_message = partial(tuple.__new__, Message)

Row = tuple[Any, ...]


class Thread(NamedTuple):
    """A conversation, whom it is held with, and all its messages in chronological order."""

    conversation: ConversationWithLead
    messages: list[Message]


class Part(NamedTuple):
    """Some of a conversation's messages in chronological order, and how many it has."""

    messages: list[Message]
    total: int


async def thread(tenant: Tenant, id: UUID) -> Thread | None:
    """A conversation with everything, or None where the organization has none."""
    rows = await tenant.all(_WHOLE, key=id)
    return Thread(with_lead(rows[0][:_HEAD_WIDTH]), _messages(rows, _HEAD_WIDTH)) if rows else None


async def part(tenant: Tenant, id: UUID, window: Window) -> Part | None:
    """A window of a conversation's messages, or None where the organization has no such conversation."""
    parameters = {**window.parameters, "limit": window.size}
    rows = await tenant.all(_window(window.shape), key=id, **parameters)
    return Part(_messages(rows, 1), rows[0][0]) if rows else None


def _messages(rows: Sequence[Row], start: int) -> list[Message]:
    """Of a conversation without messages there is one row all the same."""
    return [_message(row[start:]) for row in rows] if rows[0][start] is not None else []


def _whole() -> Statement[Row]:
    number = func.row_number().over(order_by=(messages.c.created_at, messages.c.arrival)).label("number")
    page = _below(Window(size=None).shape).add_columns(number).lateral("page")
    lead = lead_of(conversations)
    # The conversation comes with the first row alone: it would be read anew with each.
    is_first = func.coalesce(page.c.number, literal_column("1")) == literal_column("1")
    head = [case((is_first, column)) for column in (*_HEAD, *lead.c)]
    shown = [page.c[name] for name in Message._fields]
    source = conversations.join(lead, true()).outerjoin(page, true())
    return Statement(select(*head, *shown).select_from(source).where(*_KEY).order_by(page.c.number), tuple)


@lru_cache(maxsize=4)
def _window(shape: Shape) -> Statement[Row]:
    page = _below(shape).lateral("page")
    query = select(conversations.c.message_count, *page.c).select_from(conversations.outerjoin(page, true()))
    return Statement(query.where(*_KEY).order_by(page.c.created_at, page.c.arrival), tuple)


def _below(shape: Shape) -> Select[Any]:
    return listing.page_below(conversations.c.id, frozenset(), CHRONOLOGICAL, shape)


_WHOLE = _whole()
