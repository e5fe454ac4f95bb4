"""Snippets of the documentation: code blocks, and what must come of them.

- `sh` is run by bash; a `json` or `text` block right behind it is what it prints.
- `graphql` is run against the gateway, with the variables of a `json variables` block right behind it; a `json` block
  behind that is the answer. Definitions of types must be in the schema as they stand.
- `python` is run as a program; a `json` or `text` block behind it is what it prints.
- Everything else (configuration, code that is built elsewhere) names the file that it is an excerpt of, as ts FILE.
- `<!-- not run: REASON -->` in the line before a block leaves it out.

Expected answers may leave out members of objects; `...` in a text stands for any text, and as the last entry of a
list for any others. `$TOKEN`, `$ORGANIZATION`, `$CONVERSATION`, `$LEAD` and `$MESSAGE` are given; the gateway is where
the demo's would be.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

_FENCE = re.compile(
    r"^(?P<indent> *)(?P<fence>```+)(?P<info>[^`\n]*)\n(?P<text>.*?)^(?P=indent)(?P=fence) *$", re.DOTALL | re.MULTILINE
)
_NOT_RUN = re.compile(r"<!-- not run: (.+?) -->\s*$")
OUTCOMES = ("json", "text")


class Block(NamedTuple):
    """A code block: its words behind the fence, its text, and where it begins."""

    info: list[str]
    text: str
    line: int
    not_run: bool

    @property
    def language(self) -> str:
        return self.info[0] if self.info else ""


class Snippet(NamedTuple):
    """A block and those right behind it that say what becomes of it."""

    file: Path
    block: Block
    variables: str | None
    outcome: Block | None


def snippets(file: Path) -> Iterator[Snippet]:
    """All snippets of a document, in order."""
    rest = list(_blocks(file.read_text(encoding="utf-8")))
    while rest:
        block = rest.pop(0)
        variables = rest.pop(0).text if rest and rest[0].info == ["json", "variables"] else None
        follows = (
            block.language in {"sh", "graphql", "python"} and rest and rest[0].info in ([each] for each in OUTCOMES)
        )
        yield Snippet(file, block, variables, rest.pop(0) if follows else None)


def _blocks(text: str) -> Iterator[Block]:
    for found in _FENCE.finditer(text):
        before = text[: found.start()]
        indented = found["text"].splitlines()
        lines = [line.removeprefix(found["indent"]) for line in indented]
        not_run = _NOT_RUN.search(before) is not None
        yield Block(found["info"].split(), "\n".join(lines) + "\n", before.count("\n") + 1, not_run)


def differences(expected: Any, actual: Any, where: str = "") -> Iterator[str]:
    """Say where an answer is not as the documentation has it."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        for name, value in expected.items():
            if name not in actual:
                yield f"{where}.{name} is missing"
            else:
                yield from differences(value, actual[name], f"{where}.{name}")
    elif isinstance(expected, list) and isinstance(actual, list):
        open_end = expected[-1:] == ["..."]
        wanted = expected[:-1] if open_end else expected
        if len(actual) < len(wanted) or (len(actual) > len(wanted) and not open_end):
            yield f"{where} has {len(actual)} entries, not {len(wanted)}"
        for number, (value, given) in enumerate(zip(wanted, actual, strict=False)):
            yield from differences(value, given, f"{where}[{number}]")
    elif isinstance(expected, str) and isinstance(actual, str):
        if not matches(expected, actual):
            yield f"{where} is {actual!r}, not {expected!r}"
    elif expected != actual or isinstance(expected, bool) != isinstance(actual, bool):
        yield f"{where} is {actual!r}, not {expected!r}"


def matches(expected: str, actual: str) -> bool:
    """Say whether a text is as expected, where `...` stands for any text."""
    return re.fullmatch(".*?".join(map(re.escape, expected.split("..."))), actual, re.DOTALL) is not None
