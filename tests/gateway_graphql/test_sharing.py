"""Who asks the same of an event is given one answer; whoever asks anything else has one of their own."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import Any

import pytest

from gateway.database.changes import EventPosition, current_snapshot
from gateway.database.pool import Database
from gateway.database.tenant import Tenant
from gateway_graphql.live.message_feed import MessageFeed
from gateway_graphql.live.subscribers import Event
from tests.support.organization import Organization, token
from tests.support.socket import Socket, acknowledged

WATCH = """subscription Watch ($id: ID, $after: String, $withLead: Boolean! = false, $n: Int = 1) {
  messageAdded(conversationId: $id, after: $after) {
    cursor message { content conversation { lead @include(if: $withLead) { name } messages(last: $n) { totalCount } } }
  }
}"""
LEADS = "subscription ($filter: LeadFilter) { leadChanged(filter: $filter) { name } }"


@pytest.fixture
def statements(organization: Organization, monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """The statements that are run for the organization, each with how often."""
    counted: Counter[str] = Counter()
    run = Database.run

    async def counting(database: Database, statement: Any, parameters: Mapping[str, object], *more: Any) -> Any:
        if parameters["organization_id"] == organization.id:
            counted[statement.sql] += 1
        return await run(database, statement, parameters, *more)

    monkeypatch.setattr(Database, "run", counting)
    return counted


@pytest.fixture
def sockets(organization: Organization) -> Iterator[list[Socket]]:
    with ExitStack() as stack:
        yield [stack.enter_context(acknowledged(organization)) for _ in range(6)]


def watched(socket: Socket, query: str = WATCH, **variables: object) -> str:
    id = socket.subscribe(query, **variables)
    socket.settle()
    return id


def test_equal_questions_are_answered_once(
    organization: Organization, sockets: list[Socket], statements: Counter[str]
) -> None:
    conversation = organization.conversation(organization.lead(name="Ada"))
    ids = [watched(socket, withLead=True) for socket in sockets]
    statements.clear()
    organization.message(conversation, "one")
    told = [socket.next(id) for socket, id in zip(sockets, ids, strict=True)]
    assert told == [told[0]] * 6
    assert told[0]["messageAdded"]["message"] == {
        "content": "one", "conversation": {"lead": {"name": "Ada"}, "messages": {"totalCount": 1}},
    }  # fmt: skip
    # Conversations and leads by id, and the count that the conversation does not know: once for all six.
    asked = [count for sql, count in statements.items() if "pg_" not in sql and "transaction_id" not in sql]
    assert asked == [1] * len(asked)
    assert 2 <= len(asked) <= 3


def test_what_only_says_which_events_are_told_does_not_part(
    organization: Organization, sockets: list[Socket], statements: Counter[str]
) -> None:
    conversation = organization.conversation()
    ids = [watched(sockets[0]), watched(sockets[1], id=str(conversation))]
    organization.message(conversation, "one")
    cursor = [socket.next(id)["messageAdded"]["cursor"] for socket, id in zip(sockets, ids, strict=False)].pop()
    ids.append(watched(sockets[2], after=cursor))
    statements.clear()
    organization.message(conversation, "two")
    told = [socket.next(id)["messageAdded"] for socket, id in zip(sockets, ids, strict=False)]
    assert told == [told[0]] * 3
    assert told[0]["message"]["content"] == "two"
    assert max(count for sql, count in statements.items() if "FROM conversations" in sql) == 1


def test_other_questions_have_other_answers(organization: Organization, sockets: list[Socket]) -> None:
    conversation = organization.conversation(organization.lead(name="Ada"))
    two = WATCH + " subscription Other { messageAdded { message { role } } }"
    ids = [
        watched(sockets[0]),
        watched(sockets[1], withLead=True),
        watched(sockets[2], WATCH.replace("content", "text: content")),
        sockets[3].subscribe(WATCH.replace("Watch", "Other")),
        "4", "5",
    ]  # fmt: skip
    for socket, id, name in ((sockets[4], "4", "Watch"), (sockets[5], "5", "Other")):
        socket.send("subscribe", id=id, payload={"query": two, "operationName": name})
    for socket in sockets:
        socket.settle()
    organization.message(conversation, "one")
    told = [socket.next(id)["messageAdded"]["message"] for socket, id in zip(sockets, ids, strict=True)]
    plain = {"content": "one", "conversation": {"messages": {"totalCount": 1}}}
    assert told == [
        plain,
        {"content": "one", "conversation": {"lead": {"name": "Ada"}, "messages": {"totalCount": 1}}},
        {"text": "one", "conversation": {"messages": {"totalCount": 1}}},
        plain,
        plain,
        {"role": "USER"},
    ]


def test_an_error_is_of_those_who_asked_for_it(organization: Organization, sockets: list[Socket]) -> None:
    conversation = organization.conversation()
    ids = [watched(sockets[0], n=-1), watched(sockets[1], n=-1), watched(sockets[2], n=3)]
    organization.message(conversation)
    for socket, id in zip(sockets[:2], ids, strict=False):
        message = socket.receive()
        (error,) = message["payload"]["errors"]
        assert (message["id"], error["extensions"]) == (id, {"code": "BAD_USER_INPUT"})
        assert error["path"][:2] == ["messageAdded", "message"]
    assert sockets[2].next(ids[2])["messageAdded"]["message"]["conversation"]["messages"] == {"totalCount": 1}


def test_scopes_and_organizations_part(organization: Organization, stranger: Organization) -> None:
    conversation = organization.conversation()
    reader = f"Bearer {token(organization.id, scope='conversations:read')}"
    with (
        acknowledged(organization) as one,
        acknowledged(organization, reader) as other,
        acknowledged(stranger) as nobody,
    ):
        ids = [watched(one), watched(other)]
        watched(nobody)
        organization.message(conversation, "one")
        assert one.next(ids[0]) == other.next(ids[1])
        assert nobody.silent()


def test_a_search_is_asked_once(organization: Organization, sockets: list[Socket], statements: Counter[str]) -> None:
    filters = [{"search": "ada"}] * 4 + [{"search": "ben"}] * 2
    ids = [watched(socket, LEADS, filter=filter) for socket, filter in zip(sockets, filters, strict=True)]
    statements.clear()
    organization.lead(name="Ada")
    for socket, id in zip(sockets[:4], ids, strict=False):
        assert socket.next(id) == {"leadChanged": {"name": "Ada"}}
    assert all(socket.silent(0.1) for socket in sockets)
    assert [count for sql, count in statements.items() if "count(" in sql] == [2]


async def test_who_leaves_meanwhile_spoils_nothing() -> None:
    event, go = Event("row"), asyncio.Event()
    made = []

    async def make() -> str:
        made.append(1)
        await go.wait()
        return "answer"

    first, second = (asyncio.create_task(event.once("key", make)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    go.set()
    assert await second == "answer"
    assert first.cancelled()
    assert await event.once("key", make) == "answer"
    assert made == [1]


async def test_who_leaves_is_forgotten_at_once(organization: Organization, database: Database) -> None:
    conversation = organization.conversation()
    tenant = Tenant(database, organization.id)
    feed = MessageFeed(tenant)
    subscribers = feed._subscribers._all  # noqa: SLF001 (that it is not left behind shows nowhere else)
    watching = feed.watch(EventPosition(await current_snapshot(tenant)), lambda _: True)
    organization.message(conversation, "missed")
    assert (await anext(watching)).row.message.content == "missed"
    # What commits from here until the feed stands still is handed on from a list, in front of the queue.
    organization.message(conversation, "late")
    assert (await anext(watching)).row.message.content == "late"
    assert len(subscribers) == 1
    await watching.aclose()
    assert not subscribers
