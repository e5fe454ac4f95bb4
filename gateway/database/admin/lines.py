"""Lines of the import format: each is checked, and becomes a row in COPY's text format."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NamedTuple

import orjson
from orjson import Fragment, JSONDecodeError

from gateway.records import Channel, ConversationStatus, LeadChannel, LeadStatus, MessageRole, is_uuid

_TIMESTAMP = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})")
_EARLIEST = datetime(1, 1, 2, tzinfo=UTC)
_LATEST = datetime(9999, 12, 31, tzinfo=UTC)
_NUL = re.compile(rb"(?<!\\)(\\\\)*\\u0000")  # an even number of backslashes before it escapes themselves
_NULL = r"\N"


class BadLine(Exception):
    """A line cannot be imported. The text says why."""


class _Wrong(Exception):
    """A value is not what its field takes. The text completes `"field" ...`."""


Check = Callable[[object, bytes], str]
"""Turns a field's value into COPY's text; is given the line as well. Raises _Wrong."""


class Row(NamedTuple):
    """A checked line: the table it goes to, its id, what it refers to, and its values in COPY's text form."""

    table: str
    id: str
    parent: str | None
    text: str


def parse(line: bytes) -> Row:
    """Check one line. Raises BadLine."""
    record = _object(line)
    kind = record.pop("type", None)
    form = _FORMS.get(kind) if isinstance(kind, str) else None
    if form is None:
        raise BadLine('"type" is missing' if kind is None else f'"type" is none of {", ".join(_FORMS)}')
    if record.keys() != form.fields.keys():
        record = {**form.defaults, **record}
        if record.keys() != form.fields.keys():
            raise BadLine(_difference(record, form.fields))
    values = []
    for name, check in form.fields.items():
        try:
            values.append(check(record[name], line))
        except _Wrong as wrong:
            raise BadLine(f'"{name}" {wrong}') from None
    if b"\\u0000" in line and _NUL.search(line):
        raise BadLine("contains a NUL character, which the database cannot hold")
    return Row(form.table, values[0], values[1] if form.table in PARENTS else None, "\t".join(values))


def _object(line: bytes) -> dict[str, object]:
    try:
        record = orjson.loads(line)
    except JSONDecodeError as error:
        record = _beyond_floats(line, error)
    if not isinstance(record, dict):
        raise BadLine("is not a JSON object")
    return record


def _beyond_floats(line: bytes, error: JSONDecodeError) -> object:
    if b"\0" in line:
        raise BadLine("contains a NUL character, which the database cannot hold") from None
    if "infinity" not in error.msg:
        raise BadLine(f"is not JSON: {error.msg} (column {error.colno})") from None
    record = _with_exact_numbers(line)
    try:
        orjson.dumps(record)
    except orjson.JSONEncodeError as unwritable:
        half = "surrogates" in str(unwritable)
        raise BadLine("is not JSON: half a surrogate pair in a string" if half else "is nested too deeply") from None
    return record


def _with_exact_numbers(line: bytes) -> Any:
    try:
        return json.loads(line, parse_float=Fragment, parse_int=Fragment, parse_constant=_no_number)
    except RecursionError:
        raise BadLine("is nested too deeply") from None
    except ValueError:  # behind a number that ended the quick way
        raise BadLine("is not JSON") from None


def _no_number(text: str) -> None:
    raise ValueError(text)


def _difference(record: Mapping[str, object], fields: Mapping[str, Check]) -> str:
    missing = next((name for name in fields if name not in record), None)
    if missing is not None:
        return f'"{missing}" is missing'
    extra = next(name for name in record if name not in fields)
    return f'"{extra[:50]}" is no field of this type'


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")


def _text(value: object, _: bytes) -> str:
    if not isinstance(value, str):
        raise _Wrong("is not a string")
    return _escaped(value)


def _text_or_null(value: object, _: bytes) -> str:
    if value is None:
        return _NULL
    if not isinstance(value, str):
        raise _Wrong("is neither a string nor null")
    return _escaped(value)


def _texts(value: object, _: bytes) -> str:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise _Wrong("is not a list of strings")
    quoted = ('"' + item.replace("\\", "\\\\").replace('"', '\\"') + '"' for item in value)
    return _escaped("{" + ",".join(quoted) + "}")


def _uuid(value: object, _: bytes) -> str:
    if not is_uuid(value):
        raise _Wrong("is not a UUID")
    return value.lower()


def _one_of(words: type[StrEnum]) -> Check:
    known = frozenset(str(word) for word in words)

    def check(value: object, _: bytes) -> str:
        if not isinstance(value, str) or value not in known:
            raise _Wrong(f"is none of {', '.join(words)}")
        return value

    return check


def _moment(value: object, _: bytes) -> str:
    if not isinstance(value, str) or not _TIMESTAMP.fullmatch(value):
        raise _Wrong("is not a date and time like 2026-03-07T10:00:00Z, with at most 6 decimals")
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise _Wrong("is no date and time of the calendar") from None
    if not _EARLIEST <= moment < _LATEST:
        raise _Wrong("is not between the years 1 and 9999")
    # PostgreSQL reads fewer offsets than RFC 3339 has.
    return value if value.endswith("Z") else moment.astimezone(UTC).isoformat()


def _metadata(value: object, line: bytes) -> str:
    """Take the line's own text: in floats, numbers would lose digits."""
    if not isinstance(value, dict):
        raise _Wrong("is not an object")
    if not value:
        return "{}"
    text = line[line.find(b'"metadata":') + 11 : line.rfind(b',"created_at":')]
    if not _means(text, value):  # other order, white space, escapes in keys: the slow way is right for all
        text = orjson.dumps(_with_exact_numbers(line)["metadata"])
    return _escaped(text.decode())


def _means(text: bytes, value: object) -> bool:
    try:
        return bool(orjson.loads(text) == value)
    except (JSONDecodeError, RecursionError):
        return False


class _Form(NamedTuple):
    table: str
    fields: Mapping[str, Check]
    defaults: Mapping[str, object]
    """What a line may leave out, and what that means. Not times: a file that is loaded twice changes nothing."""


_FORMS = {
    "lead": _Form(
        "leads",
        {
            "id": _uuid,
            "name": _text,
            "phone": _text_or_null,
            "email": _text_or_null,
            "company": _text_or_null,
            "channel": _one_of(LeadChannel),
            "channel_id": _text_or_null,
            "status": _one_of(LeadStatus),
            "preferred_services": _texts,
            "appointment_notes": _text_or_null,
            "metadata": _metadata,
            "created_at": _moment,
            "updated_at": _moment,
        },
        {
            **dict.fromkeys(("phone", "email", "company", "channel_id", "appointment_notes")),
            "status": "new",
            "preferred_services": [],
            "metadata": {},
        },
    ),
    "conversation": _Form(
        "conversations",
        {
            "id": _uuid,
            "lead_id": _uuid,
            "session_key": _text,
            "channel": _one_of(Channel),
            "status": _one_of(ConversationStatus),
            "created_at": _moment,
            "updated_at": _moment,
        },
        {"status": "active"},
    ),
    "message": _Form(
        "messages",
        {
            "id": _uuid,
            "conversation_id": _uuid,
            "role": _one_of(MessageRole),
            "content": _text,
            "metadata": _metadata,
            "created_at": _moment,
        },
        {"metadata": {}},
    ),
}

COLUMNS = {form.table: tuple(form.fields) for form in _FORMS.values()}
"""Each table's columns, in the order of a row's text and of an exported line."""
TYPES = {form.table: kind for kind, form in _FORMS.items()}
"""What a line of each table calls itself."""
PARENTS = {"conversations": "leads", "messages": "conversations"}
"""The table that a row's second column refers to."""
