"""Behind a cursor, what was missed comes first."""

from base64 import urlsafe_b64encode

import pytest

from gateway.database.changes import EventPosition
from gateway_graphql.cursors import encode_event
from tests.support.organization import Organization
from tests.support.socket import Socket, acknowledged
from tests.support.watching import ADDED, INSERT, contents, cursor, transaction


def test_what_was_missed_comes_first(organization: Organization) -> None:
    conversation = organization.conversation()
    with acknowledged(organization) as socket:
        id = socket.subscribe(ADDED)
        socket.settle()
        organization.message(conversation, "seen")
        after = cursor(socket, id)
    for n in range(1200):
        if n % 100 == 0:
            organization.sql(
                "INSERT INTO messages (organization_id, conversation_id, role, content)"
                " SELECT %s, %s, 'user', n FROM generate_series(%s::int, %s::int) AS n",
                organization.id, conversation, n, n + 99,
            )  # fmt: skip
    with acknowledged(organization) as socket:
        id = socket.subscribe(ADDED, after=after)
        organization.message(conversation, "live")
        assert contents(socket, id, 1201) == [*map(str, range(1200)), "live"]


def test_each_event_can_be_returned_to(organization: Organization, socket: Socket, database_url: str) -> None:
    one, two = organization.conversation(), organization.conversation()
    id = socket.subscribe(ADDED)
    socket.settle()
    with transaction(database_url) as writer:
        for n in range(5):
            writer.execute(INSERT, [organization.id, (one, two)[n % 2], str(n)])
        writer.commit()
    organization.message(one, "5")
    cursors = [cursor(socket, id) for _ in range(6)]
    assert len(set(cursors)) == 6
    for n, after in enumerate(cursors):
        with acknowledged(organization) as another:
            all_of_it = another.subscribe(ADDED, after=after)
            assert contents(another, all_of_it, 5 - n) == [str(later) for later in range(n + 1, 6)]
            another.send("complete", id=all_of_it)
            of_one = another.subscribe(ADDED, after=after, id=str(two))
            assert contents(another, of_one, len([m for m in (1, 3) if m > n])) == [str(m) for m in (1, 3) if m > n]


def test_no_gap_while_writing_goes_on(organization: Organization, socket: Socket) -> None:
    conversation = organization.conversation()
    first = socket.subscribe(ADDED)
    socket.settle()
    organization.message(conversation, "first")
    after = cursor(socket, first)
    socket.send("complete", id=first)
    expected = []
    for n in range(60):
        organization.message(conversation, str(n))
        expected.append(str(n))
        if n == 20:
            id = socket.subscribe(ADDED, after=after)
    assert contents(socket, id, 60) == expected


@pytest.mark.parametrize(
    "after",
    [
        "",
        "x",
        "eyJ9",
        "WyJldmVudHMiXQ",
        "WyJldmVudHMiLCIxOjE6IixudWxsLC0xXQ",
        "💥",
        "\0",
        "WyJldmVudHMiLCIwOjA6IixudWxsLDBd",
        pytest.param(urlsafe_b64encode(b'["others","1:1:",null,0]').decode(), id="of something else"),
        pytest.param(encode_event(EventPosition(f"1:5000:{','.join(map(str, range(2, 5000)))}")), id="too long"),
    ],
)
def test_bad_ones(socket: Socket, after: str) -> None:
    socket.subscribe(ADDED, after=after)
    (error,) = socket.receive()["payload"]
    assert (error["message"], error["extensions"]) == ("`after` is not an event's cursor.", {"code": "BAD_USER_INPUT"})


def test_a_lists_cursor(organization: Organization, socket: Socket) -> None:
    organization.conversation()
    end = organization.graphql("{ conversations { pageInfo { endCursor } } }")["conversations"]["pageInfo"]["endCursor"]
    socket.subscribe(ADDED, after=end)
    assert socket.receive()["payload"][0]["extensions"] == {"code": "BAD_USER_INPUT"}


@pytest.mark.parametrize("position", [("99999999:99999999:", None), ("5:5:", "5:999999999:7")])
def test_of_the_future(socket: Socket, position: tuple[str, str | None]) -> None:
    socket.subscribe(ADDED, after=encode_event(EventPosition(*position)))
    (error,) = socket.receive()["payload"]
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}


def test_another_organizations_shows_nothing_of_it(organization: Organization, stranger: Organization) -> None:
    theirs, own = stranger.conversation(), organization.conversation()
    with acknowledged(stranger) as socket:
        id = socket.subscribe(ADDED)
        socket.settle()
        stranger.message(theirs, "theirs")
        after = cursor(socket, id)
    stranger.message(theirs, "theirs too")
    organization.message(own, "own")
    with acknowledged(organization) as socket:
        assert contents(socket, socket.subscribe(ADDED, after=after), 1) == ["own"]
