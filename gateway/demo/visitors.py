"""The demo's visitors: simulated customers who write to the salon, a message every few seconds."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from gateway.database.errors import DatabaseUnavailable
from gateway.database.visits import Visits, visits_of
from gateway.sample.journeys import PLAN, Step, opening
from gateway.sample.people import Person, people
from gateway.sample.scripts import seeded
from gateway.sample.threads import customer, thread

KEPT = 40
"""Visitors whom the database remembers, those who are talking among them."""

_BECOME = {
    "booking": "booked",
    "question": "contacted",
    "voucher": "contacted",
    "staff_wanted": "contacted",
    "started": "new",
    "offer": "booking_offered",
    "expensive": "lost",
}
"""What a visitor may want, and what kind of lead that makes."""
_AT_ONCE = 3
_SECONDS = (1.5, 4.5)
_IN_SAMPLE = sum(PLAN["leads"].values())


@contextmanager
def visitors(database_url: str, organization_id: UUID) -> Iterator[None]:
    """Let visitors come until the block ends."""
    leaving = threading.Event()
    program = threading.Thread(target=_receive, args=(database_url, organization_id, leaving), daemon=True)
    program.start()
    try:
        yield
    finally:
        leaving.set()
        program.join()


def _receive(database_url: str, organization_id: UUID, leaving: threading.Event) -> None:
    random = Random()  # noqa: S311 (no secrets are made of it)
    # Where the database goes away first there is nobody to write to.
    with suppress(DatabaseUnavailable), visits_of(database_url, organization_id) as visits:
        talks: list[Iterator[None]] = []
        while not leaving.wait(random.uniform(*_SECONDS)):
            if len(talks) < _AT_ONCE:
                talks.append(talk(visits, random))
            speaking = random.choice(talks)
            if next(speaking, speaking) is speaking:
                talks.remove(speaking)
                visits.forget(kept=KEPT)


def talk(visits: Visits, random: Random) -> Iterator[None]:
    """Write one conversation with somebody new, a message for each step."""
    kind, becomes = random.choice(list(_BECOME.items()))
    who = customer(_newcomer(random), random)
    conversation = thread(who, _step(kind, random), random)
    person = who.person
    visit = visits.begin(
        {
            "name": person.name,
            "phone": person.phone if person.channel in ("whatsapp", "voice") else None,
            "email": person.email if person.channel == "email" else None,
            "channel": person.channel,
            "channel_id": person.channel_id,
            "session_key": conversation.session_key,
            "session_channel": conversation.channel,
        },
    )
    for said in conversation.messages:
        visit.say(said.role, said.content, said.metadata)
        yield
    visit.end(conversation.status, becomes)


def _newcomer(random: Random) -> Person:
    return random.choice(list(people(seeded("people")))[_IN_SAMPLE:])


def _step(kind: str, random: Random) -> Step:
    now = datetime.now().replace(microsecond=0)  # noqa: DTZ005 (the salon's own time, as in all of the sample)
    appointment = opening(now + timedelta(days=random.randint(2, 9)), random)
    return Step(kind, PLAN["kinds"][kind]["ends"], now, 1, appointment, appointment)
