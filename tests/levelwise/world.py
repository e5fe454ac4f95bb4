"""The world that the peculiar schema shows: what a field does depends on a seed alone."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from enum import Enum
from typing import Any
from zlib import crc32

import strawberry
from graphql import GraphQLError


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
            lambda: Later(lambda: self._pausing(self._of(usual, key + "~"), key)),
            lambda: Later(lambda: self._pausing(ValueError(f"{key} failed later"), key)),
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

    async def _pausing(self, value: Any, key: str) -> Any:
        await self.pause(key)
        if isinstance(value, Exception):
            raise value
        return value


class Later:
    """Is awaitable. Unlike a coroutine it does not mind if nobody awaits it: it may be where none is taken."""

    def __init__(self, begin: Callable[[], Awaitable[Any]]) -> None:
        self._begin = begin

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._begin().__await__()

    def __repr__(self) -> str:
        return "<later>"  # without its address: it may become text


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


_USUAL: dict[str, Any] = {
    "id": ("one", "two", 3),
    "name": ("Ada", "Grace", None),
    "greeting": ("hello", None),
    "greeting_loud": ("HELLO", None),
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
        [
            "rock",
            "plain",
            "plain_or_null",
            "batch_rock",
            "sync_rock0",
            "sync_rock1",
            "async_rock",
            "guarded_rock",
            "waited",
        ],
        "Stone",
    ),
}
"""By field: its values, or the kinds of thing it is; a list of such for lists."""
