"""Entity tags: what names an answer's bytes, so that nobody is sent what they have already."""

from hashlib import sha256


def entity_tag(content: bytes, form: str = "") -> str:
    """Make a strong ETag. `form` tells apart what the same content is encoded as."""
    return f'"{sha256(content).hexdigest()[:32]}{form}"'


def matches(tag: str, given: str) -> bool:
    """Say whether an If-None-Match header names the tag: weakly, as RFC 9110 has it.

    >>> matches('"a"', 'W/"a", "b"'), matches('"a"', '*'), matches('"a"', '"b"')
    (True, True, False)
    """
    known = {each.strip().removeprefix("W/") for each in given.split(",")}
    return not known.isdisjoint({tag, "*"})
