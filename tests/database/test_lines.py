"""The import form's lines: what is taken, and why a line is not."""

import json

import orjson
import pytest

from gateway.database.admin.lines import BadLine, parse
from tests.support.transferred import Record, conversation, lead, message

LEAD = lead()
CONVERSATION = conversation(LEAD)
MESSAGE = message(CONVERSATION)
NUL = "contains a NUL character, which the database cannot hold"
DEEP = "[" * 1000 + "1e400" + "]" * 1000


def without(record: Record, name: str) -> Record:
    return {key: value for key, value in record.items() if key != name}


def reason(line: bytes) -> str:
    """Why the line is bad."""
    with pytest.raises(BadLine) as raised:
        parse(line)
    return str(raised.value)


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (without(LEAD, "type"), '"type" is missing'),
        ({**LEAD, "type": "person"}, '"type" is none of lead, conversation, message'),
        ({**LEAD, "type": ["lead"]}, '"type" is none of lead, conversation, message'),
        (without(LEAD, "name"), '"name" is missing'),
        (without(CONVERSATION, "updated_at"), '"updated_at" is missing'),
        (without(MESSAGE, "content"), '"content" is missing'),
        ({**CONVERSATION, "message_count": 3}, '"message_count" is no field of this type'),
        ({**LEAD, "id": "1"}, '"id" is not a UUID'),
        ({**LEAD, "id": None}, '"id" is not a UUID'),
        ({**LEAD, "id": f"{{{LEAD['id']}}}"}, '"id" is not a UUID'),
        ({**CONVERSATION, "lead_id": 7}, '"lead_id" is not a UUID'),
        ({**LEAD, "name": None}, '"name" is not a string'),
        ({**LEAD, "email": 5}, '"email" is neither a string nor null'),
        ({**LEAD, "preferred_services": None}, '"preferred_services" is not a list of strings'),
        ({**LEAD, "preferred_services": ["cut", None]}, '"preferred_services" is not a list of strings'),
        ({**CONVERSATION, "channel": "email"}, '"channel" is none of whatsapp, telegram, web, voice'),
        ({**CONVERSATION, "status": "ACTIVE"}, '"status" is none of active, completed, escalated, abandoned'),
        ({**MESSAGE, "role": ["user"]}, '"role" is none of user, assistant, system'),
        ({**MESSAGE, "metadata": []}, '"metadata" is not an object'),
        ({**MESSAGE, "metadata": None}, '"metadata" is not an object'),
        ({**MESSAGE, "content": "a\0b"}, NUL),
        ({**MESSAGE, "content": "a\\\0b"}, NUL),
        ({**MESSAGE, "metadata": {"a\0": 1}}, NUL),
    ],
)
def test_a_bad_record_is_refused_by_its_field(record: Record, expected: str) -> None:
    assert reason(orjson.dumps(record)) == expected


@pytest.mark.parametrize(
    ("record", "left_out"),
    [
        (LEAD, {"phone": None, "email": None, "company": None, "channel_id": None, "appointment_notes": None}),
        (LEAD, {"status": "new", "preferred_services": [], "metadata": {}}),
        (CONVERSATION, {"status": "active"}),
        (MESSAGE, {"metadata": {}}),
    ],
)
def test_what_has_a_default_may_be_left_out(record: Record, left_out: Record) -> None:
    short = {key: value for key, value in record.items() if key not in left_out}
    assert parse(orjson.dumps(short)) == parse(orjson.dumps({**record, **left_out}))


@pytest.mark.parametrize(
    ("created_at", "expected"),
    [
        ("2026-03-07", "is not a date and time like 2026-03-07T10:00:00Z, with at most 6 decimals"),
        ("2026-03-07T10:00:00", "is not a date and time like 2026-03-07T10:00:00Z, with at most 6 decimals"),
        (
            "2026-03-07T10:00:00.1234567Z",
            "is not a date and time like 2026-03-07T10:00:00Z, with at most 6 decimals",
        ),
        ("٢٠٢٦-03-07T10:00:00Z", "is not a date and time like 2026-03-07T10:00:00Z, with at most 6 decimals"),
        ("2026-02-30T10:00:00Z", "is no date and time of the calendar"),
        ("2026-03-07T25:00:00Z", "is no date and time of the calendar"),
        ("2026-03-07T10:00:00+24:00", "is no date and time of the calendar"),
        ("0000-03-07T10:00:00Z", "is no date and time of the calendar"),
        ("0001-01-01T23:00:00Z", "is not between the years 1 and 9999"),
        ("0001-01-02T01:00:00+02:00", "is not between the years 1 and 9999"),
        ("9999-12-31T00:00:00Z", "is not between the years 1 and 9999"),
        (1772877600, "is not a date and time like 2026-03-07T10:00:00Z, with at most 6 decimals"),
    ],
)
def test_a_bad_time_is_refused(created_at: object, expected: str) -> None:
    assert reason(orjson.dumps({**MESSAGE, "created_at": created_at})) == f'"created_at" {expected}'


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"{", "is not JSON: unexpected end of data (column 2)"),
        (b"[]", "is not a JSON object"),
        (b'"lead"', "is not a JSON object"),
        (b'{"type":"message\0"}', NUL),
        (b'{"metadata":{"a":1e400},"b":NaN}', "is not JSON"),
        (b'{"a":1e400,"b":"\\ud800"}', "is not JSON: half a surrogate pair in a string"),
        (orjson.dumps(MESSAGE).replace(b"{}", b'{"a":%b}' % DEEP.encode()), "is nested too deeply"),
        (orjson.dumps(MESSAGE).replace(b"{}", b'{"a":%b}' % DEEP[700:-700].encode()), "is nested too deeply"),
    ],
)
def test_what_is_no_record_is_refused(line: bytes, expected: str) -> None:
    assert reason(line) == expected


@pytest.mark.parametrize("line", [b"\xff", b'{"content":"\xff"}', b'{"content":"\\ud800"}'])
def test_what_is_not_utf_8_is_not_json(line: bytes) -> None:
    assert reason(line).startswith("is not JSON: ")


@pytest.mark.parametrize(
    "metadata",
    [
        '{"price":10.00,"id":123456789012345678901234567890}',
        '{"tiny":1e-400,"huge":1e400}',
        '{"nested":{"created_at":1.10,"metadata":{"x":0.1000}}}',
        '{"text":"\\"metadata\\":{} \\\\u0000 \\\\\\u00e4\\t"}',
        "{ }",
    ],
)
@pytest.mark.parametrize("keys", [list(MESSAGE), sorted(MESSAGE), sorted(MESSAGE, reverse=True)])
def test_metadata_keep_their_numbers_wherever_they_stand(metadata: str, keys: list[str]) -> None:
    values = {**{key: json.dumps(value) for key, value in MESSAGE.items()}, "metadata": metadata}
    line = "{" + ",".join(f'"{key}":{values[key]}' for key in keys) + "}"
    kept = parse(line.encode()).text.split("\t")[4].replace("\\\\", "\\")
    assert json.loads(kept, parse_float=str, parse_int=str) == json.loads(metadata, parse_float=str, parse_int=str)


def test_metadata_keep_their_numbers_behind_escaped_keys() -> None:
    line = orjson.dumps(MESSAGE).replace(b'"metadata":{}', b'"\\u006detadata":{"metadata":{},"created_at":1.0}')
    assert parse(line).text.split("\t")[4] == '{"metadata":{},"created_at":1.0}'


def test_a_times_offset_becomes_utc() -> None:
    line = orjson.dumps({**MESSAGE, "created_at": "2026-03-07T10:00:00.5+23:00"})
    assert parse(line).text.split("\t")[5] == "2026-03-06T11:00:00.500000+00:00"
