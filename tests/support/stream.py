"""A stream of server-sent events, as EventSource reads one."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import httpx

from tests.support.organization import Organization

EVENT_STREAM = "text/event-stream"


class Event(NamedTuple):
    """One event; a comment has no kind."""

    kind: str | None
    data: Any
    id: str | None

    @property
    def answer(self) -> Any:
        """The data of an answer that must have no errors."""
        assert self.kind == "next", self
        assert "errors" not in self.data, self
        return self.data["data"]


class Stream:
    """The events of one answer, as they come."""

    def __init__(self, response: httpx.Response, organization: Organization) -> None:
        self.response = response
        self._organization = organization
        self._events = _events(response.iter_lines())

    def next(self) -> Event:
        """Return the next event that is not a comment. Raises StopIteration where there is none."""
        return next(event for event in self._events if event.kind is not None)

    def any(self) -> Event:
        """Return what comes next, a comment among it."""
        return next(self._events)

    def settle(self) -> None:
        """Wait until what was subscribed to is watched, which the protocol does not tell."""
        time.sleep(0.1)
        self._organization.http.get("/api/v1/leads").raise_for_status()


@contextmanager
def streamed(
    organization: Organization,
    query: str,
    *,
    timeout: float = 5,
    headers: Any = None,
    **variables: object,
) -> Iterator[Stream]:
    """Ask for an operation's answers as events."""
    headers = {"Accept": EVENT_STREAM, **(headers or {})}
    asked = {"query": query, "variables": variables}
    with organization.http.stream("POST", "/graphql", headers=headers, timeout=timeout, json=asked) as response:
        yield Stream(response, organization)


def _events(lines: Iterator[str]) -> Iterator[Event]:
    members: dict[str, str] = {}
    for line in lines:
        if line:
            name, _, value = line.partition(":")
            members[name] = value.removeprefix(" ")
        elif members:
            data = members.get("data")
            yield Event(members.get("event"), json.loads(data) if data else None, members.get("id"))
            members = {}
