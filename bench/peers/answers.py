"""Answers without what servers may write as they like: the case of enums, how a time or a bigint is spelled."""

from datetime import UTC, datetime
from typing import Any

_WORDS = {"status", "channel", "role"}


def normal(value: Any, name: str = "") -> Any:
    """Return the value with enums in lower case and times in UTC, to the millisecond: JavaScript knows no more."""
    if isinstance(value, dict):
        return {key: normal(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [normal(inner, name) for inner in value]
    if isinstance(value, str) and name in _WORDS:
        return value.lower()
    if name == "messageCount":
        return int(value)  # PostGraphile writes a bigint as a string
    if isinstance(value, str) and name.endswith("At"):
        time = datetime.fromisoformat(value).astimezone(UTC)
        return time.isoformat(timespec="milliseconds")
    return value


def difference(ours: Any, theirs: Any, path: str = "data") -> str | None:
    """Say where two answers differ first, or None."""
    if isinstance(ours, dict) and isinstance(theirs, dict) and ours.keys() == theirs.keys():
        pairs = [(f"{path}.{key}", ours[key], theirs[key]) for key in ours]
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        pairs = [(f"{path}[{at}]", *pair) for at, pair in enumerate(zip(ours, theirs, strict=True))]
    else:
        return None if ours == theirs else f"{path}: {ours!r:.80} and {theirs!r:.80}"
    return next(filter(None, (difference(mine, other, where) for where, mine, other in pairs)), None)
