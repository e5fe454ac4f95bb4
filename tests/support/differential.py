"""The same request to the gateway and to FastAPI: whether the answers are alike, and where they need not be."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote, urljoin, urlsplit

from tests.support.raw import Raw, Told, Wire

LEAD, UPPER, HEX, CONVERSATION, TOKEN = "<lead>", "<LEAD>", "<hex>", "<conversation>", "<token>"
"""What stands in requests for the ids of rows that there are, and for a good token."""


class Difference(NamedTuple):
    """Where we are not like FastAPI, and why."""

    reason: str
    is_seen: Callable[[Raw, Told, Told], bool]
    """Of a request, our answer and FastAPI's."""


def _no_token(request: Raw, ours: Told, theirs: Told) -> bool:
    return bool(request.body) and ours.status == 401 and theirs.status in {400, 422}


def _bad_token(_: Raw, ours: Told, theirs: Told) -> bool:
    return ours.status == theirs.status == 401 and ours.json["detail"].startswith("Token")


def _methods(_: Raw, ours: Told, theirs: Told) -> bool:
    return ours.status == theirs.status == 405 and theirs.headers["allow"] in ours.headers["allow"]


def _head(_: Raw, ours: Told, theirs: Told) -> bool:
    return theirs.status == 405 and not ours.body and ours.status in {200, 304, 401, 404, 412, 422}


def _slashes(request: Raw, ours: Told, theirs: Told) -> bool:
    return request.target.partition("?")[0].endswith("//") and (ours.status, theirs.status) == (404, 307)


def _no_row(_: Raw, ours: Told, theirs: Told) -> bool:
    return ours.status == 404 and theirs.status == 200 and ours.json["detail"].endswith(" not found")


def _no_number(request: Raw, ours: Told, theirs: Told) -> bool:
    named = any(name in (request.body or b"").lower() for name in (b"nan", b"infinity", b"e400"))
    return named and ours.status == 400 and theirs.status in {200, 201, 422, 500}


def _no_text(request: Raw, ours: Told, theirs: Told) -> bool:
    body = request.body or b""
    escaped = b"\\ud" in body.lower()
    return (escaped or not is_text(body)) and ours.status == 422 and theirs.status == 500


def is_text(body: bytes) -> bool:
    """Say whether bytes are UTF-8."""
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _unkeepable(_: Raw, ours: Told, theirs: Told) -> bool:
    return theirs.status in {200, 201, 500} and ours.status == 422 and ours.json["detail"][0]["type"] == "value_error"


def _deep(request: Raw, ours: Told, theirs: Told) -> bool:
    body = request.body or b""
    nested = max(body.count(b"["), body.count(b"{")) > 500
    return nested and ours.status in {400, 422} and theirs.status in {400, 422, 500}


DIFFERENCES = {
    "deep": Difference("how deep JSON can be read depends on how deep the stack is already", _deep),
    "unauthenticated": Difference("without a token nothing else is told, not even that a body is none", _no_token),
    "bad token": Difference("what is wrong with a token is told", _bad_token),
    "methods": Difference("Allow names all methods of the path, FastAPI's those of its first function", _methods),
    "HEAD": Difference("HEAD answers wherever GET does", _head),
    "slashes": Difference("redirects name no host, and relative to `x//` clients read them differently", _slashes),
    "no row": Difference("the peer has no data, and finds everything", _no_row),
    "no number": Difference("what is no number of JSON cannot be kept, nor be told back", _no_number),
    "no text": Difference(
        "halves of characters and other bytes are told back as well as can be; FastAPI fails", _no_text
    ),
    "unkeepable": Difference("PostgreSQL cannot keep NUL; a name of nothing but white space is none", _unkeepable),
}


class Pair(NamedTuple):
    """Both servers, and what stands for the placeholders in requests."""

    ours: Wire
    theirs: Wire
    known: Mapping[str, str]

    def compare(self, request: Raw) -> str | None:
        """Send a request to both. Names the difference that they show; fails where it is none of those."""
        sent = request.filled(self.known)
        ours, theirs = self.ours.send(sent), self.theirs.send(sent)
        if alike(sent, ours, theirs):
            return None
        for name, difference in DIFFERENCES.items():
            if difference.is_seen(sent, ours, theirs):
                return name
        raise AssertionError(f"{sent}\nours:   {ours}\ntheirs: {theirs}")


def alike(request: Raw, ours: Told, theirs: Told) -> bool:
    """Say whether both took a request for the same, or refused it with the same words."""
    if ours.status != theirs.status:
        return False
    if ours.status in {200, 201}:
        return _read_alike(ours.json, theirs.json)
    named = ("content-type", "www-authenticate", "allow")
    return (
        ours.body == theirs.body
        and [ours.headers.get(name) for name in named] == [theirs.headers.get(name) for name in named]
        and _led_to(request, ours) == _led_to(request, theirs)
    )


def _led_to(request: Raw, told: Told) -> str | None:
    """Where a redirect leads to; FastAPI's names the server, and escapes less."""
    location = told.headers.get("location")
    return location and unquote(urlsplit(urljoin(f"http://any{request.target}", location))._replace(netloc="").geturl())


def _read_alike(ours: Any, theirs: Any) -> bool:
    # The peer tells how it read the parameters: ours shows some of them.
    return not isinstance(ours, dict) or all(ours[name] == value for name, value in theirs.items() if name in ours)
