"""Entity tags: made of an answer's bytes, and compared with If-Match and If-None-Match (RFC 9110)."""

import re
from hashlib import sha256

ANY = "*"
_TAG = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'
_LIST = re.compile(rf"[ \t,]*{_TAG}(?:[ \t]*,[ \t,]*{_TAG})*[ \t,]*")


def entity_tag(content: bytes, form: str = "") -> str:
    """Make a strong ETag. `form` tells apart what the same content is encoded as."""
    return f'"{sha256(content).hexdigest()[:32]}{form}"'


def matches(given: str, *current: str) -> bool:
    """Say whether an If-Match header names one of the tags: strongly, as RFC 9110 has it.

    >>> matches('"a", "b,c"', '"b,c"'), matches('W/"a"', '"a"'), matches("*", '"a"'), matches("a", '"a"')
    (True, False, True, False)
    """
    return not _tags(given).isdisjoint({*current, ANY})


def is_known(given: str, *current: str) -> bool:
    """Say whether an If-None-Match header names one of the tags: weakly, as RFC 9110 has it.

    >>> is_known('W/"a", "b"', '"a"'), is_known("a", '"a"'), is_known("*", '"a"')
    (True, False, True)
    """
    return not {tag.removeprefix("W/") for tag in _tags(given)}.isdisjoint({*current, ANY})


def _tags(given: str) -> set[str]:
    if given == ANY:
        return {ANY}
    return set(re.findall(_TAG, given)) if _LIST.fullmatch(given) else set()  # what cannot be read names nothing
