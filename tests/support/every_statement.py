"""Every statement that the gateway can send: those built at import, and those built for what is asked."""

# ruff: noqa: SLF001 (what builds statements is to be seen from nowhere else)

import pkgutil
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from itertools import product
from typing import Any

from gateway import database
from gateway.database import conversations, leads, messages
from gateway.database.listing import Listing
from gateway.database.paging import Order, Shape
from gateway.database.statements import Statement

LISTINGS: tuple[Listing[Any, Any], ...] = (
    leads.listing,
    conversations.listing,
    conversations.listing_with_leads,
    messages.listing,
)
BUILDERS = {"_changing", "_update", "statement_of"}
"""The functions that build a statement when it is asked for. A test holds them to the code."""


def every_statement() -> list[Statement[Any]]:
    """One of each text."""
    found = [*_built_at_import(), *_built_when_asked()]
    return list({statement.sql: statement for statement in found}.values())


def _built_at_import() -> Iterator[Statement[Any]]:
    seen: set[int] = set()
    for module in pkgutil.iter_modules(database.__path__, f"{database.__name__}."):
        if not module.ispkg:
            yield from _below(vars(import_module(module.name)), seen)


def _below(value: object, seen: set[int]) -> Iterator[Statement[Any]]:
    """The statements that hang on a value, however deep among objects of the database room."""
    if id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, Statement):
        yield value
    elif isinstance(value, Mapping):
        for each in tuple(value.values()):
            yield from _below(each, seen)
    elif isinstance(value, Sequence) and not isinstance(value, str | bytes):
        for each in value:
            yield from _below(each, seen)
    else:
        owner = getattr(value, "__self__", value)  # of a method
        if type(owner).__module__.startswith(database.__name__):
            yield from _below(getattr(owner, "__dict__", {}), seen)


def _built_when_asked() -> Iterator[Statement[Any]]:
    # A filter's parts, like a window's, only add to a statement: none of them, each alone, and all are enough.
    flags = range(len(Shape._fields))
    shapes = [Shape(*(number in chosen for number in flags)) for chosen in ({}, *({n} for n in flags), {*flags})]
    for listing in LISTINGS:
        filters = [frozenset[str](), *(frozenset({name}) for name in listing._criteria), frozenset(listing._criteria)]
        orders = [Order(field, descending) for field, descending in product(listing._keysets, (False, True))]
        asked = [*product(filters, orders[:1], shapes[:1]), *product(filters[:1], orders, shapes)]
        yield from (listing._build_page(*each) for each in asked)
        yield from map(listing._build_count, filters)
        if listing._parent is not None:
            yield from (listing._build_statement_below(*each) for each in asked)
            yield from (listing._build_pages(*each) for each in asked)
            yield from map(listing._build_counts, filters)
    for names, as_seen in product((frozenset({"name"}), frozenset({*leads.WRITABLE, "status"})), (False, True)):
        yield leads._update(names, as_seen=as_seen)
