"""Codecs: how parameters are encoded, chosen once per statement by their SQL types."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from struct import Struct
from typing import Any, NamedTuple
from uuid import UUID

from psycopg import DataError
from psycopg.pq import Format
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import DateTime, Float, Integer, LargeBinary, TypeEngine, Uuid

_UUID_OID = 2950
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_TIMESTAMP = Struct("!q")
_ARRAY_HEADER = Struct("!iiIii")  # dimensions, flags, the elements' type, their number, the first one's index
_UUID_LENGTH = b"\0\0\0\x10"
_QUOTED = str.maketrans({"\\": r"\\", '"': r"\""})


class Codec(NamedTuple):
    """Makes a value's bytes, in one of the protocol's two formats. None stays None: NULL."""

    format: int
    encode: Callable[[Any], bytes | None]


def codec(type: TypeEngine[Any]) -> Codec:
    """Return how a parameter of this type is sent. What has no better form is sent as text."""
    if isinstance(type, ARRAY):
        return Codec(Format.BINARY, _uuids) if isinstance(type.item_type, Uuid) else Codec(Format.TEXT, _texts)
    for kind, known in _CODECS.items():
        if isinstance(type, kind):
            return known
    return Codec(Format.TEXT, _text)


def _uuid(value: UUID | None) -> bytes | None:
    return None if value is None else value.bytes


def _uuids(values: Sequence[UUID]) -> bytes:
    header = _ARRAY_HEADER.pack(1, 0, _UUID_OID, len(values), 1)
    return header + b"".join([_UUID_LENGTH + value.bytes for value in values])


def _texts(values: Sequence[str] | None) -> bytes | None:
    if values is None:
        return None
    return _text("{" + ",".join([f'"{value.translate(_QUOTED)}"' for value in values]) + "}")


def _text(value: str | None) -> bytes | None:
    if value is None:
        return None
    if "\0" in value:
        raise DataError("PostgreSQL text cannot hold NUL characters")
    return value.encode()


def _number(value: float | None) -> bytes | None:
    return None if value is None else repr(value).encode()


def _timestamp(value: datetime | None) -> bytes | None:
    # Microseconds since 2000: exact, and good for every time that Python has, in any time zone.
    return None if value is None else _TIMESTAMP.pack((value - _EPOCH) // _MICROSECOND)


def _as_it_is(value: bytes | None) -> bytes | None:
    return value


_CODECS: dict[type[TypeEngine[Any]], Codec] = {
    Uuid: Codec(Format.BINARY, _uuid),
    LargeBinary: Codec(Format.BINARY, _as_it_is),
    Integer: Codec(Format.TEXT, _number),
    Float: Codec(Format.TEXT, _number),
    DateTime: Codec(Format.BINARY, _timestamp),
}
