"""Findings: what the doctor sees, how bad it is, and what to do about it."""

from enum import StrEnum
from typing import NamedTuple


class Level(StrEnum):
    """How bad it is: a failure keeps the gateway from serving as it should."""

    OK = "ok"
    WARNING = "warning"
    FAILURE = "failure"


class Finding(NamedTuple):
    """One thing that was looked at."""

    check: str
    level: Level
    said: str
    advice: str = ""
    """What to do, where there is something to do."""


def ok(check: str, said: str) -> Finding:
    """All is well."""
    return Finding(check, Level.OK, said)


def warning(check: str, said: str, advice: str) -> Finding:
    """It works, but not as well as it could, or not for long."""
    return Finding(check, Level.WARNING, said, advice)


def failure(check: str, said: str, advice: str) -> Finding:
    """Something does not work."""
    return Finding(check, Level.FAILURE, said, advice)
