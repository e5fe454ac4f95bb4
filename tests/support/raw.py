"""HTTP as it stands on the wire: requests that no client library would send, and what matters of the answers."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from http.client import HTTPConnection
from typing import Any, NamedTuple, Self
from urllib.parse import urlsplit


class Raw(NamedTuple):
    """A request, to the letter."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    """Latin-1."""
    body: bytes | None = None

    def filled(self, known: Mapping[str, str]) -> Self:
        """The request with values in the place of names."""

        def fill(text: str) -> str:
            for name, value in known.items():
                text = text.replace(name, value)
            return text

        headers = tuple((name, fill(value)) for name, value in self.headers)
        return self._replace(target=fill(self.target), headers=headers)


class Told(NamedTuple):
    """An answer: what clients decide by."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Wire:
    """A connection to a server that is kept from request to request."""

    def __init__(self, url: str) -> None:
        self._connection = HTTPConnection(urlsplit(url).netloc, timeout=30)

    def send(self, request: Raw) -> Told:
        try:
            told = self._sent(request)
        except BaseException:
            self.close()
            raise
        if told.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            self.close()  # uvicorn will, too: its application has failed
        return told

    def _sent(self, request: Raw) -> Told:
        connection = self._connection
        connection.putrequest(request.method, request.target, skip_accept_encoding=True)
        for name, value in request.headers:
            connection.putheader(name, value)
        if request.body is not None:
            connection.putheader("Content-Length", str(len(request.body)))
        connection.endheaders(request.body)
        answer = connection.getresponse()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        return Told(answer.status, headers, answer.read())

    def close(self) -> None:
        self._connection.close()
