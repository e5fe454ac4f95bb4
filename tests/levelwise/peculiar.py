"""A schema where everything can go wrong: nulls and errors, attributes and resolvers, lists of lists, late answers."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, NewType, Union

import strawberry
from strawberry.schema.config import StrawberryConfig

from levelwise import batched
from tests.levelwise.behaviours import Permission, Shout, Wait
from tests.levelwise.world import Colour, Thing, World

Odd = NewType("Odd", object)


def _parse_odd(value: Any) -> Any:
    if value == "unreadable":
        raise ValueError("Odd cannot be read.")
    return value


def _serialize_odd(value: Any) -> Any:
    if value == "unwritable":
        raise ValueError("Odd cannot be written.")
    return None if value == "nothing" else {"odd": type(value).__name__}


Context = strawberry.Info[World, Any]
Self = strawberry.Parent[Any]


def _called(info: Context) -> None:
    info.context.calls[tuple(info.path.as_list())] += 1


def _batch(name: str) -> Callable[..., Any]:
    def answers(parents: Sequence[Any], key: str) -> list[Any]:
        world = parents[0].world
        if world.is_odd(name, "whole batch"):
            raise RuntimeError(f"all of {name} failed")
        return [world.value(f"{parent.key}{key}", name) for parent in parents]

    async def later(parents: Sequence[Any], context: World) -> list[Any]:
        await context.pause(name)
        return answers(parents, "")

    def at_once(parents: Sequence[Any], context: World) -> list[Any]:
        assert isinstance(context, World)
        return answers(parents, "")

    async def with_arguments(
        parents: Sequence[Any], context: World, first: int = 2, colour: Colour | None = None
    ) -> list[Any]:
        await context.pause(name, first)
        return answers(parents, f"({first}, {colour})")

    return {"rock": later, "count": at_once, "rocks": with_arguments}[name.removeprefix("batch_")]


def _sync_rock(parent: Self, first: int = 1) -> Any:
    return _resolved(parent, f"sync_rock{first % 2}")


@strawberry.interface
class Being:
    id: strawberry.ID
    name: str | None
    friend: "Being | None"
    friends: "list[Being]"

    @strawberry.field
    def greeting(self, info: Context, loud: bool = False) -> str | None:
        _called(info)
        return _resolved(self, "greeting_loud" if loud else "greeting")  # type: ignore[no-any-return]  # or else it fails, as it should


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


@strawberry.input
class Least:
    amount: int
    of: list[Colour] | None = None


@strawberry.input
class Bid:
    item: strawberry.ID
    amount: float | None
    notes: list[str | None] | None = strawberry.UNSET
    colours: list[Colour] = strawberry.field(default_factory=lambda: [Colour.BLUE])
    least: Least | None = None
    odd: Odd | None = None
    certain: bool = False


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
        selected = [getattr(each, "name", "") for each in info.selected_fields]
        return f"{info.path.as_list()} {info.field_name} {selected}"

    @strawberry.field
    def wished(self, info: Context, wish: Wish | None = None, times: list[int] | None = None) -> str:
        _called(info)
        return f"{wish} {times} {sorted(info.variable_values)}"

    @strawberry.field
    def offered(
        self, info: Context, bid: Bid, more: list[Bid] | None = None, grid: list[list[int]] | None = None
    ) -> str:
        _called(info)
        told = f"{bid} {more} {grid}"
        bid.colours.append(Colour.RED)  # which is nobody else's
        return told

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
    config=StrawberryConfig(
        scalar_map={Odd: strawberry.scalar(name="Odd", serialize=_serialize_odd, parse_value=_parse_odd)}
    ),
)
