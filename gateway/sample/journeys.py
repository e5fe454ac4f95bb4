"""When leads and the salon talked, and about which appointment. Times are the salon's own, without a zone."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random
from typing import NamedTuple

from gateway.sample.scripts import read

START = datetime(2026, 7, 1, 9)  # noqa: DTZ001 (the salon's own time, as everywhere here)
END = datetime(2026, 10, 29, 20)  # noqa: DTZ001 (likewise)
_CLOSED = (6, 0)  # Sundays and Mondays
_SATURDAY = 5
PLAN = read("journeys")
_ATTEMPTS = 20_000
_UNDECIDED_FOR = timedelta(days=16)


class Step(NamedTuple):
    """One conversation of a lead, and the appointment that it is about (and was, before it moved).

    `visit` counts the lead's bookings, from 1; 0 is before the first.
    """

    kind: str
    ends: str
    at: datetime
    visit: int
    appointment: datetime
    moved_from: datetime


def statuses() -> list[str]:
    """Every lead's status."""
    return [status for status, count in PLAN["leads"].items() for _ in range(count)]


def journey(status: str, random: Random) -> list[Step]:
    """The conversations that bring a lead to this status by the end. There may be none.

    Raises ValueError where journeys.toml asks for what cannot be.
    """
    kinds = random.choice(PLAN["journeys"][status]).split()
    longest = _UNDECIDED_FOR if status in ("new", "contacted", "booking_offered") else END - START
    for _ in range(_ATTEMPTS):
        share = random.random()
        start = END - longest * (share * share)  # business grows
        steps = list(_steps(kinds, start, random))
        if _possible(steps, status):
            return steps
    raise ValueError(f"journeys.toml: {' '.join(kinds)!r} does not make a lead {status}")


def opening(day: datetime, random: Random) -> datetime:
    """When an appointment may begin, on this day or the next that the salon is open."""
    while day.weekday() in _CLOSED:
        day += timedelta(days=1)
    latest = 14 if day.weekday() == _SATURDAY else 17
    return day.replace(hour=random.randint(9, latest), minute=random.choice((0, 30)), second=0, microsecond=0)


def _steps(kinds: list[str], at: datetime, random: Random) -> Iterator[Step]:
    appointment = moved_from = None
    visit = 0
    for number, name in enumerate(kinds):
        kind = PLAN["kinds"][name]
        if number:
            after = at if kind["from"] == "last" or appointment is None else appointment
            at = after + timedelta(seconds=round(3600 * random.uniform(*kind["hours"])))
        at = _awake(at.replace(microsecond=0))
        visit += "books" in kind
        ahead = kind.get("books") or kind.get("moves")
        if ahead:
            moved_from = appointment
            appointment = opening(max(at, appointment or at) + timedelta(days=random.randint(*ahead)), random)
        about = appointment or opening(at + timedelta(days=random.randint(2, 9)), random)
        yield Step(name, kind["ends"], at, visit, about, moved_from or about)


def _awake(time: datetime) -> datetime:
    return time if 8 <= time.hour < 22 else time + timedelta(hours=10)  # noqa: PLR2004 (hours)


def _possible(steps: list[Step], status: str) -> bool:
    if any(after.at - before.at < timedelta(hours=8) for before, after in pairwise(steps)):
        return False
    if not steps:
        return True
    if steps[-1].at > END:
        return False
    if status in ("booked", "confirmed"):
        return steps[-1].appointment > END
    return status not in ("completed", "no_show") or steps[-1].appointment < END
