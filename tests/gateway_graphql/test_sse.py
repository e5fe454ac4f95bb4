"""GraphQL over server-sent events: one operation a connection, to be continued where it broke."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from gateway.auth import Viewer
from gateway.http.draining import Drain
from gateway_graphql.answers import Answer
from gateway_graphql.live.subscribers import TooSlow
from gateway_graphql.transports import sse
from tests.support.metrics import counted
from tests.support.organization import Organization, token
from tests.support.stream import EVENT_STREAM, Stream, streamed

ADDED = "subscription ($after: String) { messageAdded(after: $after) { cursor message { content } } }"


def content(stream: Stream) -> tuple[str, str | None]:
    """The next message's content, and its event's id."""
    event = stream.next()
    added = event.answer["messageAdded"]
    assert event.id == added["cursor"]
    return added["message"]["content"], event.id


def test_a_subscription(organization: Organization) -> None:
    conversation = organization.conversation()
    with streamed(organization, ADDED) as stream:
        assert stream.response.status_code == 200
        assert stream.response.headers["content-type"].startswith(EVENT_STREAM)
        assert stream.response.headers["cache-control"] == "no-store"
        stream.settle()
        for text in ("one\nline", "two"):
            organization.message(conversation, text)
            assert content(stream)[0] == text


def test_it_goes_on_behind_the_last_event(organization: Organization) -> None:
    conversation = organization.conversation()
    with streamed(organization, ADDED) as stream:
        stream.settle()
        organization.message(conversation, "seen")
        _, last = content(stream)
    organization.message(conversation, "missed")
    with streamed(organization, ADDED, headers={"Last-Event-ID": last}) as stream:
        text, newer = content(stream)
        assert text == "missed"
        organization.message(conversation, "live")
        assert content(stream)[0] == "live"
    # The header is of the last connection: it counts more than the variable that every one of them sends.
    with streamed(organization, ADDED, headers={"Last-Event-ID": newer}, after=last) as stream:
        assert content(stream)[0] == "live"
    with streamed(organization, ADDED, after=last) as stream:
        assert content(stream)[0] == "missed"


@pytest.mark.parametrize("last", ["x", "7"])
def test_a_bad_last_event(organization: Organization, last: str) -> None:
    with streamed(organization, ADDED, headers={"Last-Event-ID": last}) as stream:
        event = stream.next()
        assert event.data["errors"][0]["extensions"] == {"code": "BAD_USER_INPUT"}
        assert stream.next().kind == "complete"


def test_a_query_is_one_event(organization: Organization) -> None:
    with streamed(organization, "{ __typename }") as stream:
        assert stream.next().answer == {"__typename": "Query"}
        assert stream.next() == ("complete", None, None)
        with pytest.raises(StopIteration):
            stream.next()


def test_a_mutation(organization: Organization) -> None:
    mutation = 'mutation { createLead(input: {name: "Jane"}) { lead { name } } }'
    with streamed(organization, mutation) as stream:
        assert stream.next().answer == {"createLead": {"lead": {"name": "Jane"}}}
    assert organization.sql("SELECT count(*) FROM leads WHERE organization_id = %s", organization.id) == [(1,)]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"),
        (f'subscription {{ messageAdded(conversationId: "{uuid4()}") {{ cursor }} }}', "NOT_FOUND"),
    ],
)
def test_a_bad_operation(organization: Organization, query: str, code: str) -> None:
    with streamed(organization, query) as stream:
        event = stream.next()
        assert (event.kind, "data" in event.data) == ("next", False)
        assert event.data["errors"][0]["extensions"]["code"] == code
        assert stream.next().kind == "complete"


@pytest.mark.parametrize(
    "query", [ADDED, "{ __typename }", 'mutation { createLead(input: {name: "Jane"}) { lead { id } } }']
)
def test_get_runs_queries_only_and_has_no_streams(organization: Organization, query: str) -> None:
    answer = organization.http.get("/graphql", params={"query": query}, headers={"Accept": EVENT_STREAM})
    assert answer.status_code == 406
    assert "needs a POST" in answer.json()["errors"][0]["message"]
    either = {"Accept": f"{EVENT_STREAM}, application/json;q=0.5"}
    answer = organization.http.get("/graphql", params={"query": query}, headers=either)
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.status_code == (405 if query != "{ __typename }" else 200)
    assert organization.sql("SELECT count(*) FROM leads WHERE organization_id = %s", organization.id) == [(0,)]


def test_plain_json_has_no_subscriptions(organization: Organization) -> None:
    answer = organization.http.post("/graphql", json={"query": ADDED})
    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}
    assert error["message"].startswith("A subscription is run over a WebSocket")
    accept = {"Accept": f"application/json, {EVENT_STREAM};q=0.5"}
    assert organization.http.post("/graphql", json={"query": "{ __typename }"}, headers=accept).json()["data"]


def test_without_a_token(organization: Organization) -> None:
    with streamed(organization, ADDED, headers={"Authorization": ""}) as stream:
        assert stream.response.status_code == 401
        assert stream.response.headers["www-authenticate"] == "Bearer"


def test_silence_is_broken(organization: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "_HEARTBEAT", 0.05)
    with streamed(organization, ADDED, timeout=2) as stream:
        lines = stream.response.iter_lines()
        assert [next(lines) for _ in range(6)] == [":", "", ":", "", ":", ""]


@pytest.mark.parametrize("seconds", [2.5, -9])
def test_the_token_expires(organization: Organization, seconds: float) -> None:
    soon = token(organization.id, exp=datetime.now(UTC) + timedelta(seconds=seconds))
    began = time.monotonic()
    with streamed(organization, ADDED, headers={"Authorization": f"Bearer {soon}"}) as stream:
        with pytest.raises(StopIteration):
            stream.next()
        assert time.monotonic() - began < 4


async def test_who_is_too_slow_is_cut_off_to_come_back() -> None:
    async def answers() -> Any:
        yield Answer(executed=True, data={"a": 1})
        raise TooSlow

    viewer = Viewer("user", uuid4(), frozenset(), time.time() + 60)
    body: AsyncIterator[Any] = event_stream_body(answers(), viewer)
    found = [piece async for piece in body]
    assert found == [b":\n\n", b'event: next\ndata: {"data":{"a":1}}\n\n']


def event_stream_body(answers: Any, viewer: Viewer) -> AsyncIterator[Any]:
    return aiter(sse.event_stream(answers, viewer, Drain(0)).body_iterator)


def test_who_does_not_read_is_cut_off(organization: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "SEND_TIMEOUT", 0.5)
    monkeypatch.setattr("gateway_graphql.live.subscribers.LONGEST_QUEUE", 10)
    conversation = organization.conversation()
    before = counted(organization.url, "gateway_refused_total", reason="slow_stream")
    watched = "subscription { messageAdded { message { content } } }"
    with streamed(organization, watched) as unread, streamed(organization, ADDED) as read:
        read.settle()
        for n in range(60):
            organization.message(conversation, f"{n:06}" + "\u2003" * 99_990)
            assert content(read)[0].startswith(f"{n:06}")
        time.sleep(1)
        # What the network holds of it comes, and then its end, in the middle of the stream.
        with pytest.raises(httpx.RemoteProtocolError):
            deque(unread.response.iter_bytes(), maxlen=0)
    assert counted(organization.url, "gateway_refused_total", reason="slow_stream") > before


async def test_what_is_left_is_closed() -> None:
    closed = asyncio.Event()

    async def answers() -> Any:
        try:
            while True:
                yield Answer(executed=True, data={})
                await asyncio.sleep(0)
        finally:
            closed.set()

    body: Any = event_stream_body(answers(), Viewer("user", uuid4(), frozenset(), time.time() + 60))
    assert await anext(body) == b":\n\n"
    await anext(body)
    await body.aclose()
    async with asyncio.timeout(1):
        await closed.wait()
