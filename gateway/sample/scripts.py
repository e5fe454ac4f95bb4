"""Reads the scripts of a language and performs them: choices are made, facts filled in."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from importlib.resources import files
from random import Random
from typing import Any, NamedTuple

_TURN = re.compile(r"([UAHS])(?: (\w+))?: ?(.*)")
_INCLUDE = re.compile(r"> (\w+)(?: (\d)-(\d))?")
_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_GAP = re.compile(r" +(?=[,.?!])| +(?= )")
_PICTURES = re.compile("[\U0001f300-\U0001faff\u2600-\u27bf\u2b50\ufe0f]")


class Turn(NamedTuple):
    """What somebody says. `speaker` is U, A, H or S, as the scripts have it; `tool` what A used before."""

    speaker: str
    tool: str | None
    text: str


class Service(NamedTuple):
    """What the salon sells. `phrase` is its name inside a sentence; minutes, whole euros."""

    name: str
    phrase: str
    price: int
    minutes: int


def read(name: str) -> dict[str, Any]:
    """One of this package's data files."""
    return tomllib.loads(files(__package__).joinpath(f"{name}.toml").read_text("utf-8"))


def seeded(purpose: str) -> Random:
    """Chance that is the same every time."""
    return Random(purpose)  # noqa: S311 (no secrets are made of it)


def chance(share: float, random: Random) -> bool:
    """Whether it happens this time."""
    return random.random() < share


class Language:
    """The texts of one language."""

    def __init__(self, name: str) -> None:
        texts = read(name)
        self.code: str = texts["code"]
        self.weekdays: list[str] = texts["weekdays"]
        self.months: list[str] = texts["months"]
        self.day: str = texts["day"]
        self.price: str = texts["price"]
        self.services = [Service(service, *rest) for service, rest in texts["services"].items()]
        self._hesitations: list[str] = texts["hesitations"]
        self._scripts: dict[str, list[str]] = texts["scripts"]

    def perform(self, script: str, channel: str, facts: Mapping[str, str], random: Random) -> Iterator[Turn]:
        """The turns of a conversation."""
        for speaker, tool, text in _turns("\n".join(self._lines(script, channel, random))):
            said = _chosen(text, random).format_map(facts)
            if channel == "voice":
                said = self._spoken(said, random if speaker == "U" else None)
            yield Turn(speaker, tool, _GAP.sub("", said).strip())

    def _lines(self, script: str, channel: str, random: Random) -> Iterator[str]:
        """The lines of one of the scripts of this name, with what they include."""
        yield from self._expanded(random.choice(self._variants(script, channel)), channel, random)

    def _variants(self, script: str, channel: str) -> list[str]:
        return self._scripts.get(f"{script}_{channel}") or self._scripts[script]

    def _expanded(self, text: str, channel: str, random: Random) -> Iterator[str]:
        for line in text.strip().split("\n"):
            include = _INCLUDE.fullmatch(line)
            if include is None:
                yield line
            elif include[2] is None:
                yield from self._lines(include[1], channel, random)
            else:
                variants = self._variants(include[1], channel)
                count = min(random.randint(int(include[2]), int(include[3])), len(variants))
                for variant in random.sample(variants, count):
                    yield from self._expanded(variant, channel, random)

    def _spoken(self, text: str, hesitating: Random | None) -> str:
        text = _PICTURES.sub("", text)
        if hesitating is None or chance(0.4, hesitating):
            return text
        pause = hesitating.choice(self._hesitations)
        return text.replace(", ", f", {pause}, ", 1) if ", " in text else f"{pause.capitalize()}... {text}"


def _turns(text: str) -> Iterator[Turn]:
    """Cut a script where somebody else speaks; other lines belong to the turn before them."""
    turn = None
    for line in text.split("\n"):
        begins = _TURN.fullmatch(line)
        if begins:
            if turn:
                yield turn
            turn = Turn(begins[1], begins[2], begins[3])
        elif turn:
            turn = turn._replace(text=f"{turn.text}\n{line}")
    if turn:
        yield turn


def _chosen(text: str, random: Random) -> str:
    return _CHOICE.sub(lambda choice: random.choice(choice[1].split("|")), text)
