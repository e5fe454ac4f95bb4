"""A schema where everything can go wrong, and the world it shows: what a field does depends on a seed alone."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from enum import Enum
from typing import Annotated, Any, NewType, Union
from zlib import crc32

import strawberry
from graphql import GraphQLError
from strawberry.extensions import FieldExtension
from strawberry.permission import BasePermission
from strawberry.schema.config import StrawberryConfig

from levelwise import batched

Odd = NewType("Odd", object)


def _serialize_odd(value: Any) -> Any:
    if value == "unwritable":
        raise ValueError("Odd cannot be written.")
    return None if value == "nothing" else {"odd": value}


@strawberry.enum
class Colour(Enum):
    RED = "red"
    GREEN = 2
    BLUE = (0, 0, 255)


class World:
    """Knows what every field of every thing does. `calm` is how rarely it is odd: one field of so many."""

    def __init__(self, seed: int, calm: int) -> None:
        self.seed = seed
        self.calm = calm
        self.calls: Counter[Any] = Counter()
        self.log: list[str] = []
        self.loaders: dict[Any, Any] = {}

    def number(self, *key: object) -> int:
        """Answer the number that decides about something."""
        return crc32(repr((self.seed, *key)).encode())

    def is_odd(self, *key: object) -> bool:
        """Tell whether something else than usual happens."""
        return self.number("odd", *key) % self.calm == 0

    async def pause(self, *key: object) -> None:
        """Take a while."""
        for _ in range(self.number("pause", *key) % 3):
            await asyncio.sleep(0)

    def value(self, key: str, name: str) -> Any:
        """Answer what a field of the thing is, unless it raises that."""
        usual = _USUAL[name]
        return self._of(usual, f"{key}.{name}")

    def _of(self, usual: Any, key: str) -> Any:
        if self.is_odd(key):
            return self._odd(usual, key)
        if isinstance(usual, list):
            items = [self._of(usual[0], f"{key}.{at}") for at in range(self.number("length", key) % 4)]
            return self._iterable(items, key)
        if isinstance(usual, str):
            kind = usual.split("|")[self.number("kind", key) % (usual.count("|") + 1)]
            return Thing(self, key, kind)
        return usual[self.number("value", key) % len(usual)]

    def _iterable(self, items: list[Any], key: str) -> Any:
        kind = self.number("iterable", key) % 12
        if kind == 0:
            return tuple(items)
        if kind == 1:
            return (item for item in items)
        return _asynchronous(items) if kind == 2 else items

    def _odd(self, usual: Any, key: str) -> Any:
        oddities: list[Callable[[], Any]] = [
            lambda: None,
            lambda: None,
            lambda: ValueError(f"{key} failed"),
            lambda: GraphQLError(f"{key} failed", extensions={"code": "ODD"}),
            lambda: self._later(self._of(usual, key + "~"), key),
            lambda: self._later(ValueError(f"{key} failed later"), key),
            lambda: 7,
            lambda: "seven",
            lambda: ["seven", 7, None],
            lambda: 7.5,
            lambda: float("inf"),
            lambda: 2**40,
            lambda: Thing(self, key, "Stone"),
            lambda: Thing(self, key, "Cat"),
            lambda: True,
        ]
        return oddities[self.number("oddity", key) % len(oddities)]()

    async def _later(self, value: Any, key: str) -> Any:
        await self.pause(key)
        if isinstance(value, Exception):
            raise value
        return value


async def _asynchronous(items: list[Any]) -> AsyncIterator[Any]:
    for item in items:
        await asyncio.sleep(0)
        yield item


class Thing:
    """Whatever lies behind an object of the answer."""

    def __init__(self, world: World, key: str, kind: str) -> None:
        self.world = world
        self.key = key
        self.kind = kind

    def __getattr__(self, name: str) -> Any:
        if name not in _USUAL:
            raise AttributeError(f"{self.kind} has no {name}")
        value = self.world.value(self.key, name)
        if isinstance(value, Exception) and self.world.number("raise", self.key, name) % 2:
            raise value
        return value

    def __repr__(self) -> str:
        return f"<{self.kind} {self.key}>"

    def __eq__(self, other: object) -> bool:
        return repr(self) == repr(other)

    __hash__ = None  # type: ignore[assignment]  # no enum's value


Context = strawberry.Info[World, Any]
Self = strawberry.Parent[Any]


def _called(info: Context) -> None:
    info.context.calls[tuple(info.path.as_list())] += 1


class Permission(BasePermission):
    message = "not permitted"

    def has_permission(self, source: Any, info: Any, **_: Any) -> bool:
        return not source.world.is_odd(source.key, "permission")


class Shout(FieldExtension):
    def resolve(self, next_: Any, source: Any, info: Any, **kwargs: Any) -> Any:
        return f"{next_(source, info, **kwargs)}!"


class Wait(FieldExtension):
    async def resolve_async(self, next_: Any, source: Any, info: Any, **kwargs: Any) -> Any:
        await asyncio.sleep(0)
        return await next_(source, info, **kwargs)


def _batch(name: str) -> Callable[..., Any]:
    def answers(parents: Sequence[Any], key: str) -> list[Any]:
        world = parents[0].world
        if world.is_odd(name, "whole batch"):
            raise RuntimeError(f"all of {name} failed")
        return [_settled(world.value(f"{parent.key}{key}", name)) for parent in parents]

    async def later(parents: Sequence[Any], context: World) -> list[Any]:
        await context.pause(name)
        return answers(parents, "")

    def at_once(parents: Sequence[Any], context: World) -> list[Any]:
        return answers(parents, "")

    async def with_arguments(
        parents: Sequence[Any], context: World, first: int = 2, colour: Colour | None = None
    ) -> list[Any]:
        await context.pause(name, first)
        return answers(parents, f"({first}, {colour})")

    return {"rock": later, "count": at_once, "rocks": with_arguments}[name.removeprefix("batch_")]


def _settled(value: Any) -> Any:
    # A batch function answers values. (What it leaves to be awaited, the DataLoader would hand to graphql-core.)
    if isinstance(value, Awaitable):
        value.close()  # type: ignore[attr-defined]  # a coroutine
        return None
    return value


def _sync_rock(parent: Self, first: int = 1) -> Any:
    return _resolved(parent, "sync_rock")


@strawberry.interface
class Being:
    id: strawberry.ID
    name: str | None
    friend: "Being | None"
    friends: "list[Being]"

    @strawberry.field
    def greeting(self, info: Context, loud: bool = False) -> str | None:
        _called(info)
        return _resolved(self, "greeting")  # type: ignore[no-any-return]  # or else it fails, as it should


def _resolved(thing: Any, name: str) -> Any:
    value = thing.world.value(thing.key, name)
    if isinstance(value, Exception) and thing.world.number("raise", thing.key, name) % 2:
        raise value
    return value


async def _resolved_later(thing: Any, name: str) -> Any:
    await thing.world.pause(thing.key, name)
    return _resolved(thing, name)


class _OfKind:
    @classmethod
    def is_type_of(cls, value: Any, _: Any) -> bool:
        return isinstance(value, Thing) and value.kind == cls.__name__


@strawberry.type
class Cat(_OfKind, Being):
    lives: int
    fur: Colour | None
    rock: "Stone"


@strawberry.type
class Dog(_OfKind, Being):
    lives: int
    fur: Colour | None
    rocks: "list[Stone]"


@strawberry.type
class Pebble:
    weight: float
    words: list[str]
    inner: "Pebble | None"

    @classmethod
    async def is_type_of(cls, value: Any, _: Any) -> bool:
        return isinstance(value, Thing) and value.kind == "Pebble"


Pet = Annotated[Union[Cat, Dog, "Stone"], strawberry.union("Pet")]


@strawberry.input
class Wish:
    colour: Colour = Colour.RED
    words: list[str] = strawberry.field(default_factory=lambda: ["please"])
    deeper: "Wish | None" = None


@strawberry.type
class Stone(_OfKind):
    id: strawberry.ID
    text: str
    text_or_null: str | None
    number: int
    number_or_null: int | None
    size: float
    flag: bool
    colour: Colour
    colour_or_null: Colour | None
    odd: Odd
    odd_or_null: Odd | None
    words: list[str]
    words_or_null: list[str | None] | None
    matrix: list[list[int]]
    matrix_or_null: list[list[int] | None] | None
    colours: list[Colour] | None
    plain: "Stone"
    plain_or_null: "Stone | None"
    pebble: Pebble | None
    pebbles: list[Pebble]
    plains: "list[Stone]"
    plains_or_null: "list[Stone | None] | None"
    grid: "list[list[Stone | None]] | None"
    being: Being | None
    beings: list[Being]
    beings_or_null: list[Being | None]
    pet: Pet
    pets: list[Pet] | None
    batch_rock: "Stone | None" = batched(_batch("batch_rock"), description="One call.")
    batch_count: int = batched(_batch("batch_count"), description="One call, at once.")
    batch_rocks: "list[Stone]" = batched(_batch("batch_rocks"), description="One call, with arguments.")

    @strawberry.field
    def place(self, info: Context) -> str:
        _called(info)
        return f"{info.path.as_list()} {info.field_name} {[each.name for each in info.selected_fields]}"

    @strawberry.field
    def wished(self, info: Context, wish: Wish | None = None, times: list[int] | None = None) -> str:
        _called(info)
        return f"{wish} {times} {sorted(info.variable_values)}"

    sync_rock: "Stone" = strawberry.field(resolver=_sync_rock)

    @strawberry.field
    async def async_rock(self, info: Context) -> "Stone | None":
        _called(info)
        return await _resolved_later(self, "async_rock")  # type: ignore[no-any-return]  # likewise

    @strawberry.field
    async def async_pets(self, info: Context) -> list[Pet]:
        _called(info)
        return await _resolved_later(self, "async_pets")  # type: ignore[no-any-return]  # likewise

    @strawberry.field(permission_classes=[Permission])
    def guarded(self, info: Context) -> str | None:
        _called(info)
        return _resolved(self, "guarded")  # type: ignore[no-any-return]  # likewise

    @strawberry.field(permission_classes=[Permission])
    async def guarded_rock(self, info: Context) -> "Stone | None":
        _called(info)
        return await _resolved_later(self, "guarded_rock")  # type: ignore[no-any-return]  # likewise

    guarded_text: str = strawberry.field(permission_classes=[Permission])

    @strawberry.field(extensions=[Shout()])
    def shouted(self, info: Context) -> str:
        _called(info)
        return "hey"

    @strawberry.field(extensions=[Wait()])
    async def waited(self, info: Context) -> "Stone | None":
        _called(info)
        return await _resolved_later(self, "waited")  # type: ignore[no-any-return]  # likewise


_USUAL: dict[str, Any] = {
    "id": ("one", "two", 3),
    "name": ("Ada", "Grace", None),
    "greeting": ("hello", None),
    "guarded": ("secret", None),
    "guarded_text": ("secret",),
    "friend": "Cat|Dog",
    "friends": ["Cat|Dog"],
    "lives": (7, 9),
    "text": ("stone", "marble", 'quoted "text"', ""),
    "text_or_null": ("stone", None),
    "number": (1, 2, -3),
    "number_or_null": (1, None),
    "batch_count": (1, 2),
    "size": (1.5, 2, 0.0),
    "weight": (1.5, 2.5),
    "flag": (True, False),
    "colour": (Colour.RED, Colour.GREEN, Colour.BLUE, "red", 2),
    "fur": (Colour.BLUE, None),
    "colour_or_null": (Colour.RED, None, "purple"),
    "odd": ("strange", "unwritable", "nothing", 0),
    "odd_or_null": ("strange", None),
    "words": [("a", "b")],
    "words_or_null": [("a", None)],
    "matrix": [[(1, 2)]],
    "matrix_or_null": [[(1, 2)]],
    "colours": [(Colour.RED, Colour.BLUE)],
    "inner": "Pebble",
    "pebble": "Pebble",
    "pebbles": ["Pebble"],
    "being": "Cat|Dog",
    "beings": ["Cat|Dog"],
    "beings_or_null": ["Cat|Dog"],
    "pet": "Cat|Dog|Stone",
    "pets": ["Cat|Dog|Stone"],
    "async_pets": ["Cat|Dog|Stone"],
    "rocks": ["Stone"],
    "plains": ["Stone"],
    "plains_or_null": ["Stone"],
    "grid": [["Stone"]],
    "batch_rocks": ["Stone"],
    **dict.fromkeys(
        ["rock", "plain", "plain_or_null", "batch_rock", "sync_rock", "async_rock", "guarded_rock", "waited"],
        "Stone",
    ),
}
"""By field: its values, or the kinds of thing it is; a list of such for lists."""


@strawberry.type
class Query:
    @strawberry.field
    def rock(self, info: Context) -> Stone | None:
        return Thing(info.context, "rock", "Stone")  # type: ignore[return-value]  # types are views of things

    @strawberry.field
    async def rocks(self, info: Context, first: int = 2) -> list[Stone]:
        await info.context.pause("rocks")
        return [Thing(info.context, f"rocks{number}", "Stone") for number in range(first % 5)]  # type: ignore[misc]  # likewise

    @strawberry.field
    def being(self, info: Context) -> Being | None:
        return info.context.value("query", "being")  # type: ignore[no-any-return]  # likewise

    @strawberry.field
    def pets(self, info: Context) -> list[Pet]:
        return info.context.value("query", "pets")  # type: ignore[no-any-return]  # likewise


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def write(self, info: Context, word: str) -> list[str]:
        await info.context.pause(word)
        info.context.log.append(word)
        return list(info.context.log)

    @strawberry.mutation
    def erase(self, info: Context) -> str | None:
        return info.context.log.pop()

    @strawberry.mutation
    async def make(self, info: Context) -> Stone:
        await info.context.pause("make")
        info.context.log.append("made")
        return info.context.value(f"made{len(info.context.log)}", "async_rock")  # type: ignore[no-any-return]  # likewise


schema = strawberry.Schema(
    Query,
    Mutation,
    config=StrawberryConfig(scalar_map={Odd: strawberry.scalar(name="Odd", serialize=_serialize_odd)}),
)
