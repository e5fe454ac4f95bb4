"""The sample data is the same every time, hangs together, and looks like a salon's four months."""

import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import orjson
import pytest

from gateway.records import Channel, ConversationStatus, LeadChannel, LeadStatus, MessageRole
from gateway.sample import SAMPLE_ORGANIZATION, sample_lines
from gateway.sample.journeys import PLAN, journey
from gateway.sample.people import people
from gateway.sample.scripts import seeded

KEYS = {
    "lead": "type id name phone email company channel channel_id status preferred_services appointment_notes"
    " metadata created_at updated_at",
    "conversation": "type id lead_id session_key channel status created_at updated_at",
    "message": "type id conversation_id role content metadata created_at",
}
FICTIONAL = re.compile(r"\+493023125\d{3}|\+447700900\d{3}|\+1\d{3}55501\d\d")

Record = dict[str, Any]
LINES = list(sample_lines())
RECORDS: list[Record] = [orjson.loads(line) for line in LINES]


def of(kind: str) -> list[Record]:
    """The records of this kind, in the file's order."""
    return [record for record in RECORDS if record["type"] == kind]


def threads() -> dict[str, list[Record]]:
    """The messages of each conversation that has some."""
    found = defaultdict(list)
    for message in of("message"):
        found[message["conversation_id"]].append(message)
    return found


def test_another_process_makes_the_same_bytes() -> None:
    script = "import sys; from gateway.sample import sample_lines; sys.stdout.buffer.writelines(sample_lines())"
    made = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)
    assert made.stdout == b"".join(LINES)


def test_lines_are_of_the_import_form() -> None:
    assert all(line.endswith(b"}\n") and line.count(b"\n") == 1 for line in LINES)
    for record in RECORDS:
        assert list(record) == KEYS[record["type"]].split()


def test_there_is_as_much_as_a_small_salon_has() -> None:
    lengths = Counter(len(messages) for messages in threads().values())
    assert len(of("lead")) == 200
    assert 550 <= len(of("conversation")) <= 650
    assert set(lengths) <= set(range(5, 41))
    assert max(lengths) > 30
    assert 5 < len(of("conversation")) - lengths.total() < 30  # empty ones


@pytest.mark.parametrize(
    ("kind", "field", "values"),
    [
        ("lead", "status", LeadStatus),
        ("lead", "channel", LeadChannel),
        ("conversation", "status", ConversationStatus),
        ("conversation", "channel", Channel),
        ("message", "role", MessageRole),
    ],
)
def test_every_documented_value_is_there_and_no_other(kind: str, field: str, values: type[LeadStatus]) -> None:
    found = Counter(record[field] for record in of(kind))
    assert set(found) == set(values)
    assert min(found.values()) >= 10


def test_references_come_after_what_they_refer_to() -> None:
    seen = set()
    for record in RECORDS:
        target = record.get("lead_id") or record.get("conversation_id")
        assert target is None or target in seen
        assert record["id"] not in seen
        seen.add(record["id"])


def test_times_hang_together() -> None:
    created = {record["id"]: at(record["created_at"]) for record in RECORDS}
    said = threads()
    for conversation in of("conversation"):
        times = [created[message["id"]] for message in said.get(conversation["id"], [])]
        assert all(earlier < later for earlier, later in pairwise(times))
        start, last = created[conversation["id"]], (times or [created[conversation["id"]]])[-1]
        assert created[conversation["lead_id"]] < start <= (times or [start])[0]
        assert 0 <= (at(conversation["updated_at"]) - last).total_seconds() <= 3600
    assert datetime(2026, 7, 1, tzinfo=UTC) < min(created.values())
    assert max(created.values()) < datetime(2026, 11, 1, tzinfo=UTC)


def at(text: str) -> datetime:
    """Read a timestamp."""
    assert text.endswith("Z")
    return datetime.fromisoformat(text)


def test_leads_were_active_last_when_their_last_conversation_was() -> None:
    latest = {lead["id"]: lead["created_at"] for lead in of("lead")}
    for conversation in of("conversation"):
        latest[conversation["lead_id"]] = max(latest[conversation["lead_id"]], conversation["updated_at"])
    with_conversations = {conversation["lead_id"] for conversation in of("conversation")}
    for lead in of("lead"):
        if lead["id"] in with_conversations:
            assert lead["updated_at"] == latest[lead["id"]]


def test_statuses_agree_with_what_was_said() -> None:
    tools: defaultdict[str, set[str]] = defaultdict(set)
    leads = {conversation["id"]: conversation["lead_id"] for conversation in of("conversation")}
    for message in of("message"):
        for call in message["metadata"].get("tool_calls", []):
            tools[leads[message["conversation_id"]]].add(call["name"])
    for lead in of("lead"):
        used = tools[lead["id"]]
        booked = lead["status"] not in ("new", "contacted", "booking_offered", "lost")
        assert ("book_appointment" in used) is booked, lead
        assert ("cancel_appointment" in used) is (lead["status"] == "cancelled"), lead


def test_people_can_be_reached_in_fiction_only() -> None:
    text = b"".join(LINES).decode()
    assert {number for number in re.findall(r"\+\d[\d ]{6,}", text) if not FICTIONAL.fullmatch(number)} == set()
    assert set(re.findall(r"@([\w.-]+)", text)) == {"example.com"}
    contacts = [person.phone for person in people(seeded("people"))][:200]
    assert len(set(contacts)) == 200


def test_conversations_rarely_read_the_same() -> None:
    texts = Counter("\n".join(message["content"] for message in messages) for messages in threads().values())
    assert max(texts.values()) == 1


def test_texts_are_finished() -> None:
    for message in of("message"):
        content = message["content"]
        assert content == content.strip()
        assert 0 < len(content) <= 100_000
        assert not re.search(r"[\[\]{}|\0]|  | [,.?!]|^[>#]", content), content


@pytest.mark.parametrize(
    ("what", "found"),
    [
        ("long messages", lambda text: len(text) > 1000),
        ("several lines", lambda text: "\n" in text),
        ("pictures", lambda text: "😊" in text),
        ("umlauts", lambda text: "ä" in text),
    ],
)
def test_messages_are_of_all_sorts(what: str, found: Callable[[str], bool]) -> None:
    assert sum(found(message["content"]) for message in of("message")) > 10, what


def test_names_are_of_several_scripts() -> None:
    names = "".join(lead["name"] for lead in of("lead"))
    assert re.search("[\u0400-\u04ff]", names)
    assert re.search("[\u3040-\u9fff\uac00-\ud7af\u0590-\u06ff]", names)


def test_leads_come_back() -> None:
    per_lead = Counter(conversation["lead_id"] for conversation in of("conversation"))
    assert sum(count >= 3 for count in per_lead.values()) > 60
    assert len(per_lead) < 200  # and some were never talked to


def test_the_organization_is_fixed() -> None:
    assert str(SAMPLE_ORGANIZATION) == "5a1011de-0b0f-4ad0-9c3e-2026103100b1"


def test_a_journey_that_cannot_be_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PLAN["journeys"], "booked", ["booking feedback"])  # it is over once there is feedback
    with pytest.raises(ValueError, match=r"^journeys.toml: 'booking feedback' does not make a lead booked$"):
        journey("booked", seeded("a lead"))
