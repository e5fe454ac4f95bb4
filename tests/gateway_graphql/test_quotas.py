"""How many sockets and subscriptions an organization may have at once, and that they cost of its budget."""

import time
from collections.abc import Iterator
from contextlib import ExitStack

import psycopg
import pytest

from gateway.settings import Settings
from tests.support.organization import SECRET, Organization
from tests.support.server import serving
from tests.support.socket import Socket, acknowledged, opened
from tests.support.stream import Stream, streamed

WATCH = "subscription { messageAdded { message { content conversation { id } } } }"
DEAR = "subscription { conversationChanged { messages(first: 40) { nodes { id } } } }"
LEADS = "query ($n: Int!) { leads(first: $n) { nodes { id } } }"


@pytest.fixture(scope="module")
def narrow_url(database_url: str) -> Iterator[str]:
    settings = Settings(
        database_url=database_url, jwt_secret=SECRET, max_socket_operations=2, max_sockets=3, max_subscriptions=4,
        budget=60, _env_file=None,
    )  # fmt: skip
    with serving(settings) as url:
        yield url


@pytest.fixture
def crowded(connection: psycopg.Connection, narrow_url: str) -> Iterator[Organization]:
    with Organization(connection, narrow_url) as organization:
        yield organization


def refused(socket: Socket, id: str) -> str:
    """The message with which a subscription is refused."""
    answer = socket.receive()
    assert (answer["type"], answer["id"]) == ("error", id)
    (error,) = answer["payload"]
    assert error["extensions"]["code"] == "THROTTLED"
    message: str = error["message"]
    return message


def eventually_subscribed(organization: Organization) -> None:
    """Ends when a new subscription is told of a message: those that ended do not count any more."""
    conversation = organization.conversation()
    for _ in range(50):
        with streamed(organization, WATCH) as stream:
            time.sleep(0.1)
            organization.message(conversation, "new")
            if "errors" not in stream.next().data:
                return
    pytest.fail("no place is free again")


def test_operations_of_a_socket(crowded: Organization) -> None:
    with acknowledged(crowded) as socket:
        for _ in range(3):
            socket.subscribe(WATCH)
        assert socket.closed() == 4429


def test_sockets_of_an_organization(crowded: Organization, connection: psycopg.Connection) -> None:
    with ExitStack() as stack:
        sockets = [stack.enter_context(acknowledged(crowded)) for _ in range(3)]
        with opened(crowded, authorized=True) as fourth:
            fourth.send("connection_init")
            assert fourth.closed() == 1013
            assert fourth.connection.close_reason is not None
            assert "3 sockets" in fourth.connection.close_reason
        # Other organizations have their own; one that ends makes room.
        with Organization(connection, crowded.url) as other, acknowledged(other) as socket:
            assert socket.data("{ __typename }") == {"__typename": "Query"}
        sockets[0].connection.close()
        time.sleep(0.2)
        assert stack.enter_context(acknowledged(crowded)).data("{ __typename }") == {"__typename": "Query"}


def test_subscriptions_of_an_organization(crowded: Organization) -> None:
    with acknowledged(crowded) as one, acknowledged(crowded) as two:
        ids = [one.subscribe(WATCH), one.subscribe(WATCH), two.subscribe(WATCH)]
        with streamed(crowded, WATCH):
            time.sleep(0.2)
            assert "4 subscriptions" in refused(two, two.subscribe(WATCH))
            # What is no subscription is not refused.
            assert two.data("{ __typename }") == {"__typename": "Query"}
            with streamed(crowded, WATCH) as fifth:
                assert fifth.next().data["errors"][0]["extensions"]["code"] == "THROTTLED"
                assert fifth.next().kind == "complete"
        one.send("complete", id=ids[0])
        eventually_subscribed(crowded)


def test_what_is_over_the_quota_costs_nothing(crowded: Organization) -> None:
    with acknowledged(crowded) as one, acknowledged(crowded) as two, acknowledged(crowded) as three:
        for socket in (one, one, two, two):
            socket.subscribe(WATCH)
        time.sleep(0.2)
        assert ["4 subscriptions" in refused(three, three.subscribe(DEAR)) for _ in range(3)] == [True] * 3


def test_what_the_budget_refuses_is_not_in_the_quota(crowded: Organization) -> None:
    with acknowledged(crowded) as socket:
        socket.subscribe(DEAR)
        time.sleep(0.2)
        assert ["budget" in refused(socket, socket.subscribe(DEAR)) for _ in range(5)] == [True] * 5
        eventually_subscribed(crowded)


def test_what_is_refused_or_fails_takes_no_place(crowded: Organization) -> None:
    with acknowledged(crowded) as socket:
        for query in ["subscription { nothing }", 'subscription { messageAdded(after: "x") { cursor } }'] * 6:
            socket.subscribe(query)
            assert socket.receive()["type"] == "error"
    eventually_subscribed(crowded)


def test_operations_on_a_socket_cost_of_the_budget(crowded: Organization) -> None:
    crowded.lead()
    with acknowledged(crowded) as socket:
        for _ in range(300):
            id = socket.subscribe(LEADS, n=1)
            if socket.receive()["type"] == "error":
                break
            assert socket.receive() == {"type": "complete", "id": id}
        else:
            pytest.fail("the budget has no end")
        assert "budget" in refused(socket, socket.subscribe(WATCH))
    assert crowded.http.post("/graphql", json={"query": "{ __typename }"}).status_code == 429


def test_events_cost_of_the_budget_and_are_told_without_it(crowded: Organization) -> None:
    conversation = crowded.conversation()

    def told(stream: Stream) -> str:
        text: str = stream.next().answer["messageAdded"]["message"]["content"]
        return text

    with streamed(crowded, WATCH) as one, streamed(crowded, WATCH) as same:
        time.sleep(0.2)
        for n in range(50):  # each is a row, and its conversation one more, however many are told of it
            crowded.message(conversation, str(n))
            assert told(one) == told(same) == str(n)
        answer = crowded.http.post("/graphql", json={"query": LEADS, "variables": {"n": 50}})
        assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (429, "THROTTLED")
        crowded.message(conversation, "still")
        assert told(one) == told(same) == "still"
