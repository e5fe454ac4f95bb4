"""The database's preview of a message against the rule in Python's words."""

import psycopg
from hypothesis import given, settings
from hypothesis import strategies as st

SPACES = [character for character in map(chr, range(0x110000)) if character.isspace()]
SURROGATES = range(0xD800, 0xE000)

characters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
pieces = st.one_of(
    st.text(characters, max_size=40),
    st.text(st.sampled_from(SPACES), max_size=4),
    st.builds(lambda space, length: space * length, st.sampled_from(SPACES), st.integers(90, 500)),
    st.builds(lambda length: "wört" * length, st.integers(20, 120)),
)
contents = st.lists(pieces, max_size=8).map("".join)


def folded(content: str) -> str:
    words = " ".join(content.split())
    return words[:100] + ("..." if len(words) > 100 else "")


def previews(connection: psycopg.Connection, contents: list[str]) -> list[str]:
    statement = "SELECT gateway_preview(c) FROM unnest(%s::text[]) WITH ORDINALITY AS u(c, n) ORDER BY n"
    return [preview for (preview,) in connection.execute(statement, (contents,))]


@settings(max_examples=60, deadline=None)
@given(st.lists(contents, min_size=1, max_size=15))
def test_any_text_is_folded_as_python_does(connection: psycopg.Connection, contents: list[str]) -> None:
    assert previews(connection, contents) == [folded(content) for content in contents]


def test_every_character_counts_as_space_where_unicode_says_so(connection: psycopg.Connection) -> None:
    # Beyond the first plane there is no white space.
    contents = [f"a{chr(code)}{chr(code)}b" for code in range(1, 0x10000) if code not in SURROGATES]
    assert previews(connection, contents) == [folded(content) for content in contents]


def test_the_cut_is_at_a_hundred_characters(connection: psycopg.Connection) -> None:
    contents = ["", " ", "x" * 100, "x" * 101, "x" * 99 + " y", " " * 500 + "é" * 100, "x" * 100 + " " * 400]
    assert previews(connection, contents) == [folded(content) for content in contents]
    assert previews(connection, ["x" * 101]) == ["x" * 100 + "..."]
