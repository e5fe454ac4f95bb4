"""When leads and the salon talked, and about which appointment. Times are the salon's own, without a zone."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random
from typing import NamedTuple

from gateway.sample.scripts import read

START = datetime(2026, 7, 1, 9, 0)
END = datetime(2026, 10, 31, 20, 0)
_CLOSED = (6, 0)  # Sundays and Mondays
_SATURDAY = 5
_PLAN = read("journeys")


class Step(NamedTuple):
    """One conversation of a lead, and the appointment that it is about (and was, before it moved)."""

    kind: str
    ends: str
    books: bool
    at: datetime
    appointment: datetime
    moved_from: datetime


def statuses() -> list[str]:
    """Every lead's status."""
    return [status for status, count in _PLAN["leads"].items() for _ in range(count)]


def journey(status: str, random: Random) -> list[Step]:
    """The conversations that bring a lead to this status by the end. There may be none."""
    kinds = random.choice(_PLAN["journeys"][status]).split()
    while True:
        share = random.random()
        start = END - (END - START) * (share * share)  # business grows
        steps = list(_steps(kinds, start, random))
        if _possible(steps, status):
            return steps


def opening(day: datetime, random: Random) -> datetime:
    """When an appointment may begin, on this day or the next that the salon is open."""
    while day.weekday() in _CLOSED:
        day += timedelta(days=1)
    latest = 14 if day.weekday() == _SATURDAY else 17
    return day.replace(hour=random.randint(9, latest), minute=random.choice((0, 30)), second=0, microsecond=0)


def _steps(kinds: list[str], at: datetime, random: Random) -> Iterator[Step]:
    appointment = moved_from = None
    for number, name in enumerate(kinds):
        kind = _PLAN["kinds"][name]
        if number:
            after = at if kind["from"] == "last" or appointment is None else appointment
            at = after + timedelta(seconds=round(3600 * random.uniform(*kind["hours"])))
        at = _awake(at)
        if "books" in kind:
            moved_from, ahead = appointment, timedelta(days=random.randint(*kind["books"]))
            appointment = opening(max(at, appointment or at) + ahead, random)
        about = appointment or opening(at + timedelta(days=random.randint(2, 9)), random)
        yield Step(name, kind["ends"], "books" in kind, at, about, moved_from or about)


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
