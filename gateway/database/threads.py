"""Threads: a conversation, and what is asked for with it: its lead, a part of its messages. All in one round trip."""

from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select

from gateway.database.conversations import BY_KEY, ITS_LEAD, lookup
from gateway.database.filters import asked
from gateway.database.messages import CHRONOLOGICAL, MessageFilter, listing
from gateway.database.paging import Page, Shape, Window, page_of
from gateway.database.statements import Pipeline, Statement, record
from gateway.database.tables import conversations, leads
from gateway.database.tenant import Tenant
from gateway.records import Conversation, Lead, Message

_LEAD_COLUMNS, _MAKE_LEAD = record(leads, Lead)
_LEAD = Statement(select(*_LEAD_COLUMNS).select_from(conversations).where(*BY_KEY, *ITS_LEAD), _MAKE_LEAD)


class Part(NamedTuple):
    """Which of a conversation's messages, and which page of these."""

    filter: MessageFilter
    window: Window


_NO_PAGE: Page[Message] = Page([], has_previous=False, has_next=False)
ALL = Part(MessageFilter(), Window(size=None))


class Thread(NamedTuple):
    """A conversation, and what was asked for with it."""

    conversation: Conversation
    lead: Lead | None
    messages: Page[Message]


async def thread(tenant: Tenant, id: UUID, *, lead: bool, part: Part | None) -> Thread | None:
    """A conversation with its lead and a part of its messages, if wanted. None where the organization has none."""
    if part is None:
        found = await tenant.all(_pipeline(lead, None), key=id)
        page = _NO_PAGE
    else:
        names, values = asked(part.filter)
        pipeline = _pipeline(lead, (names, part.window.shape))
        *found, rows = await tenant.all(pipeline, key=id, parent=id, **values, **part.window.parameters)
        page = page_of(rows, part.window)
    if not found[0]:
        return None
    return Thread(found[0][0], next(iter(found[-1]), None) if lead else None, page)


@lru_cache(maxsize=512)
def _pipeline(lead: bool, messages: tuple[frozenset[str], Shape] | None) -> Pipeline:
    statements: list[Statement[Any]] = [lookup.one, *([_LEAD] if lead else [])]
    if messages is not None:
        names, shape = messages
        statements.append(listing.statement_below(names, CHRONOLOGICAL, shape))
    return Pipeline(*statements)
