"""Surprises: values that generated code does not handle, and what stands for them in an unfinished answer.

>>> answer = {"name": "Ada", "email": Failure(ValueError("no such mailbox"))}
"""

from enum import Enum
from functools import lru_cache
from types import GeneratorType, NoneType
from typing import Any

from graphql.pyutils import UndefinedType


class Surprise(Exception):
    """A value that only exact completion can handle."""


class Failure:
    """Stands in an unfinished answer where a field or item failed."""

    __slots__ = ("error",)

    def __init__(self, error: Exception) -> None:
        self.error = error


class Awaited:
    """Holds a value that was awaited and is still awaitable: it is not awaited again."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


@lru_cache(1024)
def is_ordinary(class_: type) -> bool:
    """Tell whether values of this class are plain values: not null, no error, not awaitable."""
    return not issubclass(class_, _SPECIAL) and not hasattr(class_, "__await__")


def is_immutable(value: Any) -> bool:
    """Tell whether a value is immutable, so that several functions can be given the same."""
    return value is None or isinstance(value, str | int | float | Enum)


def fill(value: Any, results: list[Any]) -> Any:
    """Put results where their slots are, in lists of any depth."""
    if type(value) is Slot:
        return results[value.number]
    return [fill(each, results) for each in value] if type(value) is list else value


class Slot:
    """Stands in an unfinished answer where an object will be, until its level is done."""

    __slots__ = ("number",)

    def __init__(self, number: int) -> None:
        self.number = number


_SPECIAL = NoneType, UndefinedType, Exception, Failure, Awaited, GeneratorType
