"""Sample data: four months of Studio Lindenhof, a hairdresser's in Berlin. Every person in it is made up.

What is said stands in german.toml and english.toml, how leads come and go in journeys.toml, who they are in
people.toml: add there, no code needs to know. The same files make the same data, whatever machine or Python.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from random import Random
from typing import Any
from uuid import UUID, uuid5

import orjson

from gateway.sample.journeys import END, Step, journey, statuses
from gateway.sample.people import people
from gateway.sample.scripts import seeded
from gateway.sample.threads import Customer, Thread, customer, day, thread

SAMPLE_ORGANIZATION = UUID("5a1011de-0b0f-4ad0-9c3e-2026103100b1")

_SUMMER_ENDS = datetime(2026, 10, 25, 3)  # noqa: DTZ001 (the salon's own time)

_Record = dict[str, Any]


def sample_lines() -> Iterator[bytes]:
    """All records, each a line of the import form: leads, conversations, messages, each oldest first."""
    leads: list[_Record] = []
    conversations: list[_Record] = []
    messages: list[_Record] = []
    every_status = statuses()
    seeded("statuses").shuffle(every_status)
    for number, (status, person) in enumerate(zip(every_status, people(seeded("people")), strict=False)):
        random = seeded(f"lead {number}")
        who, steps = customer(person, random), journey(status, random)
        threads = [thread(who, step, random) for step in steps]
        leads.append(_lead(number, status, who, steps, threads, random))
        for position, it in enumerate(threads):
            conversations.append(_conversation(f"{number}.{position}", leads[-1]["id"], it))
            messages += _messages(f"{number}.{position}", conversations[-1]["id"], it)
    for records in (leads, conversations, messages):
        for record in sorted(records, key=itemgetter("created_at")):
            yield orjson.dumps(record, option=orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE)


def _lead(number: int, status: str, who: Customer, steps: list[Step], threads: list[Thread], random: Random) -> _Record:
    person = who.person
    at = steps[0].at if steps else END - timedelta(hours=random.randint(1, 300))
    return {
        "type": "lead",
        "id": _id(f"lead {number}"),
        "name": person.name,
        "phone": person.phone if person.channel in ("whatsapp", "voice") else _mentioned(person.phone, threads),
        "email": person.email if person.channel == "email" else _mentioned(person.email, threads),
        "company": person.company,
        "channel": person.channel,
        "channel_id": person.channel_id,
        "status": status,
        "preferred_services": [service.name for service in who.services],
        "appointment_notes": _notes(who, steps),
        "metadata": {"language": who.language.code, "source": person.source, "tags": person.tags},
        "created_at": _utc(at - timedelta(seconds=2)),
        "updated_at": _utc(max([at, *(it.updated_at for it in threads)])),
    }


def _mentioned(fact: str, threads: list[Thread]) -> str | None:
    """What the salon knows only if the customer has said it, or called from it."""
    heard = (text for it in threads for text in (it.session_key, *(said.content for said in it.messages)))
    return fact if any(fact in text for text in heard) else None


def _notes(who: Customer, steps: list[Step]) -> str | None:
    notes = [who.person.note] if who.person.note else []
    if steps and steps[-1].visit:
        at = steps[-1].appointment
        notes.insert(0, f"{day(who.language, at)}, {at:%H:%M}")
    return "\n".join(notes) or None


def _conversation(key: str, lead_id: UUID, it: Thread) -> _Record:
    return {
        "type": "conversation",
        "id": _id(f"conversation {key}"),
        "lead_id": lead_id,
        "session_key": it.session_key,
        "channel": it.channel,
        "status": it.status,
        "created_at": _utc(it.at),
        "updated_at": _utc(it.updated_at),
    }


def _messages(key: str, conversation_id: UUID, it: Thread) -> Iterator[_Record]:
    for number, said in enumerate(it.messages):
        yield {
            "type": "message",
            "id": _id(f"message {key}.{number}"),
            "conversation_id": conversation_id,
            "role": said.role,
            "content": said.content,
            "metadata": said.metadata,
            "created_at": _utc(said.at),
        }


def _id(name: str) -> UUID:
    return uuid5(SAMPLE_ORGANIZATION, name)


def _utc(time: datetime) -> datetime:
    """The salon's clock is two hours ahead of UTC in summer, one in winter."""
    return (time - timedelta(hours=2 if time < _SUMMER_ENDS else 1)).replace(tzinfo=UTC)
