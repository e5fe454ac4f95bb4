"""A small schema, for tests that look at one thing."""

from collections.abc import Sequence
from enum import Enum
from typing import Any, NamedTuple
from uuid import UUID

import strawberry
from graphql import parse

from levelwise import Plan, Unsupported, batched, by_class, compile_operation
from levelwise.leaves import Untouched

NO: Untouched = {}


@strawberry.enum
class Size(Enum):
    SMALL = "s"
    LARGE = "l"


class MakerRow(NamedTuple):
    id: Any
    name: Any


class ItemRow(NamedTuple):
    id: Any
    name: Any
    size: Any
    price: Any
    tags: Any
    maker_id: int
    rival: Any = None


class Shop:
    """One operation's context: what there is, and a record of what was asked."""

    def __init__(self, items: Sequence[Any] = ()) -> None:
        self.items = items
        self.batches: list[tuple[str, int]] = []
        self.wanted: list[str] = []
        self.looked = 0


async def _makers(items: Sequence[Any], shop: Shop) -> list[Any]:
    shop.batches.append(("makers", len(items)))
    return [MakerRow(UUID(int=item.maker_id), f"Maker {item.maker_id}") for item in items]


def _similar(items: Sequence[Any], shop: Shop, most: int = 1) -> list[Any]:
    shop.batches.append((f"similar {most}", len(items)))
    return [list(shop.items[:most]) for _ in items]


def _broken(items: Sequence[Any], shop: Shop) -> list[Any]:
    shop.batches.append(("broken", len(items)))
    return []


@strawberry.interface
class Named:
    name: str


@strawberry.type
class Maker(Named):
    id: strawberry.ID

    @classmethod
    @by_class
    def is_type_of(cls, row: object, _: object) -> bool:
        return isinstance(row, MakerRow)


@strawberry.type
class Item(Named):
    id: strawberry.ID
    size: Size
    price: float | None
    tags: list[str]
    rival: "Item | None"
    maker: Maker = batched(_makers, description="Who made it.")
    similar: "list[Item]" = batched(_similar, description="Items like it.")
    broken: str | None = batched(_broken, description="Answers too little.")

    @classmethod
    @by_class
    def is_type_of(cls, row: object, _: object) -> bool:
        return isinstance(row, ItemRow)

    @strawberry.field
    def label(self, info: strawberry.Info[Shop, Any], sign: str = "-") -> str:
        return f"{sign} {self.name} at {info.path.as_list()}"


@strawberry.type
class Query:
    @strawberry.field(graphql_type=list[Item])
    async def items(self, info: strawberry.Info[Shop, Any]) -> Any:
        return info.context.items

    @strawberry.field(graphql_type=Item | None)
    def item(self, info: strawberry.Info[Shop, Any], id: int = 0) -> Any:
        info.context.looked += 1
        return info.context.items[id]

    @strawberry.field(graphql_type=list[Named])
    def named(self, info: strawberry.Info[Shop, Any]) -> Any:
        return info.context.items


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def want(self, info: strawberry.Info[Shop, Any], what: str) -> list[str]:
        info.context.wanted.append(what)
        if what == "the moon":
            raise ValueError("not for sale")
        return list(info.context.wanted)


@strawberry.type
class Subscription:
    @strawberry.subscription(graphql_type=Item)
    async def arrived(self) -> Any:
        yield None


schema = strawberry.Schema(Query, Mutation, Subscription)


def item(number: int = 1, **others: Any) -> ItemRow:
    """Make an item with nothing odd about it."""
    return ItemRow(f"item-{number}", f"Item {number}", Size.SMALL, 1.5, ["new"], number)._replace(**others)


def compiled(text: str, untouched: Untouched = NO) -> Plan:
    """Compile what can be compiled."""
    plan = compile_operation(schema, parse(text), untouched=untouched)
    assert isinstance(plan, Plan), plan
    return plan


def reason(text: str) -> str:
    """Tell why something cannot be compiled."""
    unsupported = compile_operation(schema, parse(text))
    assert isinstance(unsupported, Unsupported)
    return unsupported.reason
