"""Writes the conversations of a journey: who says what, when, and which data comes with it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any, NamedTuple

from gateway.sample.journeys import END, Step, opening
from gateway.sample.people import STAFF, Person
from gateway.sample.scripts import Language, Service, Turn, chance

LANGUAGES = {name: Language(name) for name in ("german", "english")}

_ROLES = {"U": "user", "A": "assistant", "H": "assistant", "S": "system"}
# In how many seconds a customer has answered.
_PATIENCE = {"voice": 14, "web": 240, "whatsapp": 1500, "telegram": 1500}
_WRITTEN = ("reminder", "feedback", "missed", "found")
_STILL_OPEN = timedelta(days=7)


class Customer(NamedTuple):
    """A lead, with the services of their visits in turn, and the staff whom they like best first."""

    person: Person
    services: list[Service]
    staff: list[str]
    code: int
    """The number before that of their first booking."""

    @property
    def language(self) -> Language:
        """What they speak."""
        return LANGUAGES[self.person.language]


class Said(NamedTuple):
    """A message."""

    role: str
    content: str
    metadata: dict[str, Any]
    at: datetime


class Thread(NamedTuple):
    """A conversation."""

    session_key: str
    channel: str
    status: str
    at: datetime
    updated_at: datetime
    messages: list[Said]


def customer(person: Person, random: Random) -> Customer:
    """Make up what a person likes."""
    services = random.sample(LANGUAGES[person.language].services, random.choice((1, 1, 2, 3)))
    return Customer(person, services, random.sample(STAFF, len(STAFF)), random.randint(1000, 9900))


def thread(customer: Customer, step: Step, random: Random) -> Thread:
    """Write one conversation."""
    channel = _channel(customer.person, step.kind, random)
    messages = [] if step.kind == "nothing" else list(_messages(customer, step, channel, random))
    last = messages[-1].at if messages else step.at
    status = step.ends
    if status == "silence":
        status = "active" if last > END - _STILL_OPEN else "abandoned"
    closed = {"abandoned": 1800, "completed": random.choice((0, 0, 30, 300))}.get(status, 0)
    key = {"web": f"web_{random.getrandbits(64):016x}", "telegram": f"telegram_{customer.person.channel_id}"}
    return Thread(
        session_key=key.get(channel, f"{channel}_{customer.person.phone}"),
        channel=channel,
        status=status,
        at=step.at,
        updated_at=last + timedelta(seconds=closed),
        messages=messages,
    )


def day(language: Language, time: datetime) -> str:
    """A date as people say it."""
    weekday, month = language.weekdays[time.weekday()], language.months[time.month - 1]
    return language.day.format(weekday=weekday, number=time.day, month=month)


def _channel(person: Person, kind: str, random: Random) -> str:
    if person.channel == "voice":
        return "whatsapp" if kind in _WRITTEN else "voice"
    if kind not in _WRITTEN and chance(0.08, random):
        return "voice"
    return "web" if person.channel == "email" else person.channel


def _messages(customer: Customer, step: Step, channel: str, random: Random) -> Iterator[Said]:
    facts = _facts(customer, step, random)
    at, call = step.at, f"{random.getrandbits(64):016x}"
    for number, turn in enumerate(customer.language.perform(step.kind, channel, facts, random)):
        if number:
            at = _answered(at, turn, channel, random)
        casual = turn.speaker == "U" and customer.person.casual and channel != "voice"
        text = turn.text.lower() if casual else turn.text
        yield Said(_ROLES[turn.speaker], text, _metadata(turn, channel, call, facts, random), at)


def _facts(customer: Customer, step: Step, random: Random) -> dict[str, str]:
    """What the scripts can name. `time2` is another time on the day, `other_day` another day."""
    language, person, about = customer.language, customer.person, step.appointment
    service = customer.services[max(step.visit - 1, 0) % len(customer.services)]
    other = opening(about + timedelta(days=random.randint(1, 3)), random)
    second = about - timedelta(minutes=90) if about.hour > 12 else about + timedelta(minutes=90)  # noqa: PLR2004 (noon)
    return {
        "name": person.name.split()[0],
        "full": person.name,
        "phone": person.phone,
        "email": person.email,
        "service": service.name,
        "a_service": service.phrase,
        "price": language.price.format(service.price),
        "minutes": str(service.minutes),
        "staff": customer.staff[0],
        "staff2": customer.staff[1],
        "weekday": language.weekdays[about.weekday()],
        "day": day(language, about),
        "time": f"{about:%H:%M}",
        "time2": f"{second:%H:%M}",
        "early": f"{min(about, second):%H:%M}",
        "late": f"{max(about, second):%H:%M}",
        "other_day": day(language, other),
        "other_time": f"{other:%H:%M}",
        "old_day": day(language, step.moved_from),
        "old_time": f"{step.moved_from:%H:%M}",
        "date": f"{about:%Y-%m-%d}",
        "code": f"LH-{customer.code + step.visit}",
    }


def _answered(before: datetime, turn: Turn, channel: str, random: Random) -> datetime:
    """When somebody says this, after what was said before."""
    share = random.random()
    if turn.speaker == "H":
        at = before + timedelta(minutes=5 + round(100 * share))
        while opening(at, random).date() != at.date() or not 9 <= at.hour < 17:  # noqa: PLR2004 (hours)
            at += timedelta(hours=1)
        return at
    if turn.speaker == "U":
        seconds = 3 + len(turn.text) / 8 + _PATIENCE[channel] * share * share * share
    else:
        seconds = 1 + (2 if channel == "voice" else 8) * share
    digits = 3 if channel in ("web", "voice") else None  # messengers know whole seconds only
    return before + timedelta(seconds=round(seconds, digits))


def _metadata(turn: Turn, channel: str, call: str, facts: dict[str, str], random: Random) -> dict[str, Any]:
    """What a provider would add."""
    if turn.speaker == "S":
        return {}
    if turn.speaker == "H":
        return {"author": "Katharina Lindner"}
    metadata: dict[str, Any] = {}
    if channel == "whatsapp":
        metadata = {"provider": "whatsapp", "message_id": f"wamid.{random.getrandbits(80):020X}"}
    elif channel == "telegram":
        metadata = {"provider": "telegram", "update_id": random.randint(10_000_000, 99_999_999)}
    elif channel == "voice":
        metadata = {"provider": "voice", "call_id": call, "duration_ms": 400 + 60 * len(turn.text)}
        if turn.speaker == "U":
            metadata["confidence"] = random.randint(71, 99) / 100
    if turn.tool:
        arguments = {name: facts[name] for name in ("service", "date", "time", "staff")}
        metadata["tool_calls"] = [{"name": turn.tool, "arguments": arguments}]
    return metadata
