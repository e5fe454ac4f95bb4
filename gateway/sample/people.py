"""Who the leads are. Telephone numbers are of ranges kept for fiction, e-mail addresses of example.com."""

import re
import unicodedata
from collections.abc import Iterator
from random import Random
from typing import NamedTuple

from gateway.sample.scripts import chance, read

_PEOPLE = read("people")
_CHANNELS = ["whatsapp"] * 9 + ["web"] * 5 + ["telegram"] * 4 + ["voice"] * 5 + ["email"] * 2
_AMERICAN_AREAS = (212, 312, 415, 617)
_UNACCENTED = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ø": "o", "æ": "ae", "ł": "l", "đ": "d", "ı": "i"}  # noqa: RUF001 (a Turkish letter)
)

STAFF: list[str] = _PEOPLE["staff"]


class Person(NamedTuple):
    """A lead's lasting traits. `channel_id` is what the channel knows them by."""

    name: str
    language: str
    phone: str
    email: str
    company: str | None
    channel: str
    channel_id: str
    source: str
    tags: list[str]
    note: str | None
    casual: bool
    """Writes everything in lower case."""


def people(random: Random) -> Iterator[Person]:
    """Some hundreds of different people."""
    names = [(name, mail, group["language"]) for group in _PEOPLE["groups"] for name, mail in _names(group)]
    random.shuffle(names)
    for number, (name, mail, language) in enumerate(names):
        yield _person(number, name, f"{mail}.{number}@example.com", language, random)


def _names(group: dict[str, object]) -> Iterator[tuple[str, str]]:
    """Full names, each with what its e-mail address begins with."""
    match group:
        case {"full": dict() as full}:
            yield from full.items()
        case {"first": list() as firsts, "last": list() as lasts}:
            for first in firsts:
                for last in lasts:
                    yield f"{first} {last}", f"{_mailbox(first)}.{_mailbox(last)}"


def _mailbox(name: str) -> str:
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFC", name.lower()).translate(_UNACCENTED))
    return re.sub(r"[^a-z-]", "", plain)


def _person(number: int, name: str, email: str, language: str, random: Random) -> Person:
    channel = random.choice(_CHANNELS)
    phone = _phone(number, language)
    channel_ids = {
        "telegram": str(random.randint(100_000_000, 999_999_999)),
        "web": f"visitor-{random.getrandbits(48):012x}",
        "email": email,
    }
    return Person(
        name=name,
        language=language,
        phone=phone,
        email=email,
        company=random.choice(_PEOPLE["companies"]) if chance(0.06, random) else None,
        channel=channel,
        channel_id=channel_ids.get(channel, phone),
        source=random.choice(_PEOPLE["sources"]),
        tags=random.sample(_PEOPLE["tags"], random.choice((0, 0, 0, 1, 1, 2))),
        note=random.choice(_PEOPLE["notes"][language]) if chance(0.3, random) else None,
        casual=chance(0.2, random),
    )


def _phone(number: int, language: str) -> str:
    if language == "german":
        return f"+493023125{number:03}"
    if number % 3:
        return f"+447700900{number:03}"
    return f"+1{_AMERICAN_AREAS[number // 100]}55501{number % 100:02}"
