"""Import and export: all or nothing, exactly, repeatable."""

import itertools
from collections.abc import Callable
from uuid import UUID, uuid4

import orjson
import psycopg
import pytest

from gateway.database.admin import chunks
from gateway.database.admin.chunks import ImportFailed
from gateway.database.admin.transfer import Imported, export_lines, import_lines
from gateway.database.errors import DatabaseRefused, DatabaseUnavailable
from gateway.database.migrate import migrate
from tests.support.transferred import Record, conversation, lead, lines, message

TABLES = ("leads", "conversations", "messages")


class Records:
    """An organization that is written and read by import and export alone, and looked at by SQL."""

    def __init__(self, database_url: str, connection: psycopg.Connection) -> None:
        self.id = uuid4()
        self.url = database_url
        self._connection = connection

    def load(self, *records: Record) -> Imported:
        return import_lines(self.url, self.id, lines(*records))

    def export(self) -> bytes:
        return b"".join(export_lines(self.url, self.id))

    def sql(self, query: str) -> list[tuple[object, ...]]:
        return self._connection.execute(query.encode(), (self.id,)).fetchall()

    def rows(self) -> list[list[tuple[object, ...]]]:
        """Every row as it is stored, with the transaction that wrote it."""
        return [
            self.sql(f"SELECT xmin::text, * FROM {table} WHERE organization_id = %s ORDER BY id") for table in TABLES
        ]


@pytest.fixture
def records(database_url: str, connection: psycopg.Connection) -> Records:
    """An organization without records."""
    return Records(database_url, connection)


@pytest.fixture
def others(database_url: str, connection: psycopg.Connection) -> Records:
    """Another organization without records."""
    return Records(database_url, connection)


def one_of_each() -> list[Record]:
    jane = lead(
        name='Jörg "Bob" \\N\t\r\n🙂',
        email="",
        preferred_services=["cut", 'a"b\\c', "", "NULL", "{x,y}"],
        metadata={"tags": ["a\tb", "\\u0000"], "n": 1.5},
        created_at="0001-01-02T00:00:00Z",
        updated_at="9999-12-30T23:59:59.999999Z",
    )
    thread = conversation(jane, session_key="\\.")
    return [
        jane,
        thread,
        message(thread, content="\\.\n\\N", created_at="2026-03-07T10:01:00.5Z"),
        message(thread),
    ]


def test_what_is_imported_is_exported(records: Records) -> None:
    jane, thread, first, second = one_of_each()
    assert records.load(jane, thread, first, second) == Imported(4, 4)
    first["created_at"] = "2026-03-07T10:01:00.500000Z"
    assert [orjson.loads(line) for line in records.export().splitlines()] == [jane, thread, first, second]


def test_exported_lines_have_the_documented_keys_in_their_order(records: Records) -> None:
    jane, thread, first, _ = one_of_each()
    records.load(jane, thread, first)
    exported = [list(orjson.loads(line)) for line in records.export().splitlines()]
    assert exported == [list(jane), list(thread), list(first)]


def test_export_and_import_into_an_empty_organization_of_the_same_id_round_trip(
    records: Records, connection: psycopg.Connection
) -> None:
    jane, thread, *messages = one_of_each()
    same_time = [message(thread, content=str(turn)) for turn in range(50)]
    exact = orjson.dumps(message(thread)).replace(b'"metadata":{}', b'"metadata":{"n":1.10,"big":%d}' % 10**40)
    import_lines(records.url, records.id, [*lines(jane, lead(), thread, *messages, *same_time), exact])
    exported = records.export()
    connection.execute("DELETE FROM leads WHERE organization_id = %s", (records.id,))
    assert records.export() == b""
    import_lines(records.url, records.id, exported.splitlines())
    assert records.export() == exported
    assert b'"n": 1.10' in exported
    assert str(10**40).encode() in exported


def test_a_url_may_name_the_schema_and_another_time_zone(
    records: Records, connection: psycopg.Connection, database_url: str
) -> None:
    schema = f"own_{records.id.hex}"
    connection.execute(f"CREATE SCHEMA {schema}".encode())
    records.url = f"{database_url}&options=-csearch_path%3D{schema}%20-ctimezone%3DAsia/Tokyo"
    with pytest.raises(DatabaseRefused, match="no tables of the gateway"):
        records.export()
    migrate(records.url)
    jane = lead()
    records.load(jane)
    assert orjson.loads(records.export()) == jane
    assert records.sql("SELECT id FROM leads WHERE organization_id = %s") == []


def test_the_same_records_twice_change_nothing(records: Records) -> None:
    loaded = one_of_each()
    records.load(*loaded)
    before = records.rows()
    assert records.load(*loaded) == Imported(4, 0)
    assert records.rows() == before


def test_the_same_ids_are_updated_in_place(records: Records) -> None:
    jane, thread, first, second = one_of_each()
    records.load(jane, thread, first, second)
    renamed = {**jane, "name": "Janet", "updated_at": "2026-04-01T00:00:00Z"}
    reworded = {**second, "content": "Good bye", "metadata": {"n": 1}}
    assert records.load(renamed, thread, first, reworded) == Imported(4, 2)
    assert records.load(orjson.loads(orjson.dumps(reworded).replace(b'{"n":1}', b'{"n":1.0}'))) == Imported(1, 1)
    exported = [orjson.loads(line) for line in records.export().splitlines()]
    assert exported[0] == renamed
    assert exported[3] == {**reworded, "metadata": {"n": 1.0}}


def test_what_the_database_keeps_is_right_and_times_are_the_files(records: Records) -> None:
    jane = lead()
    busy, empty = conversation(jane), conversation(jane)
    records.load(jane, busy, empty, *(message(busy, content=f"number {turn}") for turn in range(3)))
    rows = records.sql(
        "SELECT message_count, last_message_preview, updated_at = '2026-03-07T10:05:00Z'"
        " FROM conversations WHERE organization_id = %s ORDER BY message_count"
    )
    assert rows == [(0, None, True), (3, "number 2", True)]


def test_an_id_that_comes_again_changes_the_row_that_it_made(records: Records) -> None:
    jane = lead()
    thread = conversation(jane)
    first, second = message(thread, content="first"), message(thread, content="second")
    imported = records.load(jane, thread, first, second, {**first, "content": "changed"}, {**jane, "name": "Janet"})
    assert imported == Imported(6, 6)
    exported = [orjson.loads(line) for line in records.export().splitlines()]
    assert exported == [{**jane, "name": "Janet"}, thread, {**first, "content": "changed"}, second]


def test_lines_may_be_mixed_and_chunks_small(records: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "_CHUNK_BYTES", 500)
    people = [lead(name=str(number), created_at=f"2026-01-01T00:00:{number:02}Z") for number in range(10)]
    threads = [conversation(person, created_at=person["created_at"]) for person in people]
    said = [[message(thread, content=str(turn)) for turn in range(5)] for thread in threads]
    mixed = [
        record
        for person, thread, messages in zip(people, threads, said, strict=True)
        for record in (person, thread, *messages)
    ]
    told: list[int] = []
    assert import_lines(records.url, records.id, lines(*mixed), told.append) == Imported(70, 70)
    assert [orjson.loads(line) for line in records.export().splitlines()] == [
        *people,
        *threads,
        *itertools.chain(*said),
    ]
    assert len(told) > 10
    assert told == sorted(told)
    assert told[-1] == 70


def test_new_records_may_refer_to_stored_ones(records: Records) -> None:
    jane = lead()
    records.load(jane)
    thread = conversation(jane)
    records.load(thread)
    assert records.load(message(thread)) == Imported(1, 1)


@pytest.mark.parametrize("most", [1, 10**6])
def test_a_reference_to_nothing_before_it_is_named_and_nothing_is_kept(
    records: Records, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(chunks, "_CHUNK_BYTES", most)
    jane = lead()
    thread = conversation(jane)
    for line, kind, parent, bad in (
        (2, "lead", lead(), lambda parent: (jane, conversation(parent), thread)),
        (3, "conversation", thread, lambda parent: (jane, jane, message(parent), thread, message(parent))),
        (1, "lead", jane, lambda parent: (conversation(parent), parent)),
    ):
        with pytest.raises(ImportFailed) as raised:
            records.load(*bad(parent))
        assert raised.value.line == line
        assert raised.value.reason == f"refers to a {kind} that is not there before it: {parent['id']}"
        assert records.export() == b""


def test_another_organizations_records_are_nothing_to_refer_to(records: Records, others: Records) -> None:
    jane = lead()
    others.load(jane)
    with pytest.raises(ImportFailed, match=r"^line 1 refers to a lead"):
        records.load(conversation(jane))


def test_an_id_that_another_organization_uses_is_another_row(records: Records, others: Records) -> None:
    loaded = one_of_each()
    assert others.load(*loaded) == records.load(*loaded) == Imported(4, 4)
    before = others.rows()
    records.load({**loaded[0], "name": "Janet"})
    assert others.rows() == before


def test_the_first_bad_line_is_named(records: Records) -> None:
    dangling = message(conversation(lead()))
    with pytest.raises(ImportFailed) as raised:
        import_lines(records.url, records.id, [*lines(lead()), b"\n", *lines(dangling), b"{\n", b"[\n"])
    assert raised.value.line == 3
    with pytest.raises(ImportFailed) as raised:
        import_lines(records.url, records.id, [*lines(lead()), b"\n", b"{\n", *lines(dangling)])
    assert str(raised.value).startswith("line 3 is not JSON: ")
    assert records.export() == b""


def test_a_value_that_only_the_database_refuses_is_a_bad_line_too(records: Records) -> None:
    vast = orjson.dumps(lead()).replace(b'"metadata":{}', b'"metadata":{"n":1e999999}')
    with pytest.raises(ImportFailed) as raised:
        import_lines(records.url, records.id, [*lines(*one_of_each()), *lines(lead()), vast])
    assert str(raised.value) == "line 6 holds a value that the database cannot store"
    assert records.export() == b""


@pytest.mark.parametrize(
    "ask",
    [lambda url: list(export_lines(url, UUID(int=1))), lambda url: import_lines(url, UUID(int=1), [])],
    ids=["export", "import"],
)
def test_a_database_that_is_away_or_without_tables_is_told(
    ask: Callable[[str], object], new_database: Callable[[], str]
) -> None:
    with pytest.raises(DatabaseRefused, match="no tables of the gateway, run `gateway migrate`"):
        ask(new_database())
    with pytest.raises(DatabaseUnavailable):
        ask("postgresql://127.0.0.1:1/gateway")
