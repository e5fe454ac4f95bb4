"""Import rate, beside a bare COPY of the same rows into tables with the same indexes and nothing else.

    python bench/import_rate.py --conversations 20000 --rounds 3

A round runs both, in turn; their tables grow alike. Runs on an embedded PostgreSQL in a temporary folder.
"""

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import orjson
import psycopg

from gateway.database.admin.chunks import read_lines
from gateway.database.admin.lines import COLUMNS, parse
from gateway.database.admin.transfer import import_lines
from gateway.database.migrate import migrate
from gateway.embedded import embedded_postgres

WORDS = (
    "haircut",
    "please",
    "tomorrow",
    "at",
    "noon",
    "with Anna",
    "or Jörg",
    "thank you",
    "„sehr gern“",
    "🙂",
)
MESSAGES = 15
START = datetime(2026, 1, 1, tzinfo=UTC)
COPIED_AT_ONCE = 5_000

chance = random.Random(20260101)


def lines(conversations: int) -> Iterator[bytes]:
    """A third as many leads as conversations, and MESSAGES a conversation."""
    leads = [new_id() for _ in range(conversations // 3 + 1)]
    threads = [new_id() for _ in range(conversations)]
    for id in leads:
        yield orjson.dumps(lead(id))
    for id in threads:
        yield orjson.dumps(conversation(id, chance.choice(leads)))
    for id in threads:
        for turn in range(MESSAGES):
            yield orjson.dumps(message(id, turn))


def lead(id: UUID) -> dict[str, object]:
    return {
        "type": "lead",
        "id": id,
        "name": text(2),
        "phone": None,
        "email": "jane@example.com",
        "company": None,
        "channel": "web",
        "channel_id": None,
        "status": "new",
        "preferred_services": ["haircut"],
        "appointment_notes": None,
        "metadata": {},
        "created_at": START,
        "updated_at": START,
    }


def conversation(id: UUID, lead_id: UUID) -> dict[str, object]:
    return {
        "type": "conversation",
        "id": id,
        "lead_id": lead_id,
        "session_key": "web_1",
        "channel": "web",
        "status": "active",
        "created_at": START,
        "updated_at": START,
    }


def message(conversation_id: UUID, turn: int) -> dict[str, object]:
    return {
        "type": "message",
        "id": new_id(),
        "conversation_id": conversation_id,
        "role": "assistant" if turn % 2 else "user",
        "content": text(15),
        "metadata": {"turn": turn, "intent": "book"},
        "created_at": START + timedelta(seconds=turn),
    }


def new_id() -> UUID:
    return UUID(int=chance.getrandbits(128), version=4)


def text(words: int) -> str:
    return " ".join(chance.choices(WORDS, k=words))


def make_bare_tables(url: str) -> None:
    """Make tables without triggers, checks and references."""
    like = "INCLUDING DEFAULTS INCLUDING IDENTITY INCLUDING INDEXES"
    with psycopg.connect(url) as connection:
        for table in COLUMNS:
            connection.execute(f"CREATE TABLE bare_{table} (LIKE {table} {like})".encode())


def copied(url: str, content: list[bytes]) -> float:
    """Seconds of a COPY in one transaction, of rows made ready before."""
    organization_id = uuid4()
    ready: dict[str, list[str]] = {table: [] for table in COLUMNS}
    for row in map(parse, content):
        ready[row.table].append(f"{organization_id}\t{row.text}\n")
    begun = time.perf_counter()
    with psycopg.connect(url) as connection:
        for table, columns in COLUMNS.items():
            statement = f"COPY bare_{table} (organization_id, {', '.join(columns)}) FROM STDIN"
            with connection.cursor().copy(statement.encode()) as copy:
                for start in range(0, len(ready[table]), COPIED_AT_ONCE):
                    copy.write("".join(ready[table][start : start + COPIED_AT_ONCE]))
    return time.perf_counter() - begun


def imported(url: str, file: Path) -> float:
    """Seconds of an import into an organization of its own."""
    begun = time.perf_counter()
    with file.open("rb") as source:
        import_lines(url, uuid4(), read_lines(source))
    return time.perf_counter() - begun


def measure(url: str, file: Path, conversations: int, rounds: int) -> None:
    content = list(lines(conversations))
    file.write_bytes(b"\n".join(content))
    print(f"{len(content):,} records of {sum(map(len, content)) / len(content):.0f} bytes in the mean")
    ratios = []
    for _ in range(rounds):
        bare, ours = copied(url, content), imported(url, file)
        ratios.append(bare / ours)
        print(
            f"bare COPY {len(content) / bare:9,.0f} records/s    import {len(content) / ours:9,.0f} records/s"
            f"    ratio {ratios[-1]:.2f}"
        )
    print(f"median ratio {statistics.median(ratios):.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--conversations", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, embedded_postgres(Path(folder) / "data") as url:
        migrate(url)
        make_bare_tables(url)
        measure(url, Path(folder) / "records.jsonl", options.conversations, options.rounds)


if __name__ == "__main__":
    main()
