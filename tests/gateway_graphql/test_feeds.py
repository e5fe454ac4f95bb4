"""What is told as it happens: messages exactly once and in order, changed rows as they are now."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from gateway.database.changes import Position, changed_leads
from gateway.database.leads import leads_by_id
from gateway.database.listener import Change
from gateway.database.migrate import migrate
from gateway.database.pool import Database, Tenant
from gateway.embedded import embedded_postgres
from gateway.settings import Settings
from gateway_graphql.cursors import encode_event
from gateway_graphql.feeds import RowFeed
from gateway_graphql.message_feed import MessageFeed
from gateway_graphql.subscribers import Subscribers, TooSlow
from tests.support import storm
from tests.support.organization import SECRET, Organization
from tests.support.server import serving
from tests.support.socket import Socket, acknowledged

ADDED = (
    "subscription ($id: ID, $after: String) { messageAdded(conversationId: $id, after: $after) "
    "{ cursor message { content } } }"
)
CONVERSATIONS = (
    "subscription ($filter: ConversationFilter) { conversationChanged(filter: $filter) { id status messageCount } }"
)
LEADS = "subscription ($filter: LeadFilter) { leadChanged(filter: $filter) { id name } }"
INSERT = "INSERT INTO messages (organization_id, conversation_id, role, content) VALUES (%s, %s, 'user', %s)"


def contents(socket: Socket, id: str, count: int) -> list[str]:
    """The contents of the next messages, after which nothing comes."""
    found = [socket.next(id)["messageAdded"]["message"]["content"] for _ in range(count)]
    assert socket.silent(0.2)
    return found


def cursor(socket: Socket, id: str) -> str:
    found: str = socket.next(id)["messageAdded"]["cursor"]
    return found


@contextmanager
def transaction(url: str) -> Iterator[psycopg.Connection]:
    """A transaction of another program. It ends by hand."""
    with psycopg.connect(url) as connection:
        yield connection
        connection.rollback()


@pytest.fixture
def socket(organization: Organization) -> Iterator[Socket]:
    with acknowledged(organization) as socket:
        yield socket


class TestMessages:
    """messageAdded."""

    def test_of_one_conversation(self, organization: Organization, socket: Socket) -> None:
        watched, other = organization.conversation(), organization.conversation()
        organization.message(watched, "before")
        id = socket.subscribe(ADDED, id=str(watched))
        socket.settle()
        organization.message(other, "no")
        organization.message(watched, "yes")
        assert contents(socket, id, 1) == ["yes"]

    def test_of_the_whole_organization(
        self, organization: Organization, stranger: Organization, socket: Socket
    ) -> None:
        id = socket.subscribe(ADDED)
        socket.settle()
        stranger.message(stranger.conversation(), "foreign")
        organization.message(organization.conversation(), "one")
        organization.message(organization.conversation(), "two")
        assert contents(socket, id, 2) == ["one", "two"]

    def test_of_another_organization(self, stranger: Organization, socket: Socket) -> None:
        id = socket.subscribe(ADDED, id=str(stranger.conversation()))
        error = socket.receive()
        assert (error["type"], error["id"]) == ("error", id)
        assert error["payload"][0]["extensions"] == {"code": "NOT_FOUND"}

    def test_within_a_second(self, organization: Organization, socket: Socket) -> None:
        conversation = organization.conversation()
        id = socket.subscribe(ADDED)
        socket.settle()
        began = time.monotonic()
        organization.message(conversation)
        socket.next(id)
        assert time.monotonic() - began < 1

    def test_what_mutations_add(self, organization: Organization, socket: Socket) -> None:
        conversation = organization.conversation()
        id = socket.subscribe(ADDED, id=str(conversation))
        socket.settle()
        organization.graphql(
            f'mutation {{ addMessage(input: {{conversationId: "{conversation}", role: USER, content: "Hi"}}) '
            "{ message { id } } }"
        )
        assert contents(socket, id, 1) == ["Hi"]

    def test_with_what_hangs_on_them(self, organization: Organization, socket: Socket) -> None:
        conversation = organization.conversation()
        id = socket.subscribe(
            "subscription { messageAdded { message { conversation { messageCount lead { name } } } } }"
        )
        socket.settle()
        for count in (1, 2):
            organization.message(conversation)
            expected = {"conversation": {"messageCount": count, "lead": {"name": "Jane Smith"}}}
            assert socket.next(id)["messageAdded"]["message"] == expected

    def test_of_one_transaction_in_their_order(
        self, organization: Organization, socket: Socket, database_url: str
    ) -> None:
        one, two = organization.conversation(), organization.conversation()
        id = socket.subscribe(ADDED)
        socket.settle()
        with transaction(database_url) as writer:
            for n in range(20):
                writer.execute(INSERT, [organization.id, (one, two)[n % 2], str(n)])
            assert socket.silent()
            writer.commit()
        assert contents(socket, id, 20) == [str(n) for n in range(20)]

    def test_of_more_than_a_page(self, organization: Organization, socket: Socket) -> None:
        conversation = organization.conversation()
        id = socket.subscribe(ADDED)
        socket.settle()
        organization.sql(
            "INSERT INTO messages (organization_id, conversation_id, role, content)"
            " SELECT %s, %s, 'user', n FROM generate_series(1, 2345) AS n",
            organization.id,
            conversation,
        )
        assert contents(socket, id, 2345) == [str(n) for n in range(1, 2346)]

    def test_of_transactions_that_commit_in_another_order(
        self, organization: Organization, socket: Socket, database_url: str
    ) -> None:
        early, late = organization.conversation(), organization.conversation()
        id = socket.subscribe(ADDED)
        socket.settle()
        with transaction(database_url) as first, transaction(database_url) as second:
            first.execute(INSERT, [organization.id, early, "began first"])
            second.execute(INSERT, [organization.id, late, "began second"])
            second.commit()
            seen = socket.next(id)["messageAdded"]
            assert seen["message"]["content"] == "began second"
            # Whoever comes now, with or without a cursor, must not miss the first either.
            with acknowledged(organization) as another:
                fresh, returning = another.subscribe(ADDED), another.subscribe(ADDED, after=seen["cursor"])
                another.settle()
                first.commit()
                received = [another.receive() for _ in range(2)]
                assert {each["id"] for each in received} == {fresh, returning}
                assert another.silent()
        assert contents(socket, id, 1) == ["began first"]

    def test_of_two_transactions_in_one_conversation(
        self, organization: Organization, socket: Socket, database_url: str
    ) -> None:
        conversation = organization.conversation()
        id = socket.subscribe(ADDED)
        socket.settle()
        with transaction(database_url) as first, transaction(database_url) as second:
            # The second begins first, and gets its turn when the first has ended.
            second.execute("SELECT pg_current_xact_id()")
            first.execute(INSERT, [organization.id, conversation, "one"])
            first.commit()
            second.execute(INSERT, [organization.id, conversation, "two"])
            assert contents(socket, id, 1) == ["one"]
            second.commit()
        assert contents(socket, id, 1) == ["two"]
        thread = organization.graphql(
            f'{{ conversation(id: "{conversation}") {{ messages {{ nodes {{ content }} }} }} }}'
        )
        assert [node["content"] for node in thread["conversation"]["messages"]["nodes"]] == ["one", "two"]

    def test_what_is_rolled_back_is_not_told(
        self, organization: Organization, socket: Socket, database_url: str
    ) -> None:
        conversation = organization.conversation()
        id = socket.subscribe(ADDED)
        socket.settle()
        with transaction(database_url) as writer:
            writer.execute(INSERT, [organization.id, conversation, "never"])
            writer.execute("SAVEPOINT inside")
            writer.execute(INSERT, [organization.id, conversation, "never"])
        with transaction(database_url) as writer:
            writer.execute("SAVEPOINT inside")
            writer.execute(INSERT, [organization.id, conversation, "never"])
            writer.execute("ROLLBACK TO inside")
            writer.execute("SAVEPOINT again")
            writer.execute(INSERT, [organization.id, conversation, "kept"])
            writer.commit()
        assert contents(socket, id, 1) == ["kept"]

    def test_a_bulk_import_is_silent(self, organization: Organization, socket: Socket, database_url: str) -> None:
        conversation = organization.conversation()
        ids = [socket.subscribe(query) for query in (ADDED, CONVERSATIONS, LEADS)]
        socket.settle()
        with transaction(database_url) as writer:
            writer.execute("SET LOCAL gateway.bulk = 'on'")
            writer.execute(INSERT, [organization.id, conversation, "old"])
            writer.execute("UPDATE leads SET name = 'Other' WHERE organization_id = %s", [organization.id])
            writer.commit()
        assert socket.silent()
        organization.message(conversation, "new")
        received = [socket.receive() for _ in range(2)]
        assert {each["id"] for each in received} == set(ids[:2])
        assert socket.silent()


class TestCursors:
    """messageAdded, behind a cursor."""

    def test_what_was_missed_comes_first(self, organization: Organization) -> None:
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

    def test_each_event_can_be_returned_to(self, organization: Organization, socket: Socket, database_url: str) -> None:
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

    def test_no_gap_while_writing_goes_on(self, organization: Organization, socket: Socket) -> None:
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
        ],
    )
    def test_bad_ones(self, socket: Socket, after: str) -> None:
        socket.subscribe(ADDED, after=after)
        (error,) = socket.receive()["payload"]
        assert error["extensions"] == {"code": "BAD_USER_INPUT"}
        assert "`after`" in error["message"]

    def test_a_lists_cursor(self, organization: Organization, socket: Socket) -> None:
        organization.conversation()
        end = organization.graphql("{ conversations { pageInfo { endCursor } } }")["conversations"]["pageInfo"][
            "endCursor"
        ]
        socket.subscribe(ADDED, after=end)
        assert socket.receive()["payload"][0]["extensions"] == {"code": "BAD_USER_INPUT"}

    @pytest.mark.parametrize("position", [("99999999:99999999:", None), ("5:5:", "5:999999999:7")])
    def test_of_the_future(self, socket: Socket, position: tuple[str, str | None]) -> None:
        socket.subscribe(ADDED, after=encode_event(Position(*position)))
        (error,) = socket.receive()["payload"]
        assert error["extensions"] == {"code": "BAD_USER_INPUT"}

    def test_another_organizations_shows_nothing_of_it(
        self, organization: Organization, stranger: Organization
    ) -> None:
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


class TestRows:
    """conversationChanged and leadChanged."""

    def test_conversations(self, organization: Organization, stranger: Organization, socket: Socket) -> None:
        conversation = str(organization.conversation())
        id = socket.subscribe(CONVERSATIONS)
        socket.settle()
        stranger.conversation()
        organization.message(UUID(conversation))
        assert socket.next(id)["conversationChanged"] == {"id": conversation, "status": "ACTIVE", "messageCount": 1}
        organization.sql("UPDATE conversations SET status = 'abandoned' WHERE id = %s", conversation)
        assert socket.next(id)["conversationChanged"]["status"] == "ABANDONED"
        new = str(organization.conversation())
        assert socket.next(id)["conversationChanged"]["id"] == new
        assert socket.silent()

    def test_leads(self, organization: Organization, stranger: Organization, socket: Socket) -> None:
        id = socket.subscribe(LEADS)
        socket.settle()
        stranger.lead()
        lead = str(organization.lead(name="One"))
        assert socket.next(id)["leadChanged"] == {"id": lead, "name": "One"}
        organization.graphql(f'mutation {{ updateLead(input: {{id: "{lead}", name: "Two"}}) {{ lead {{ id }} }} }}')
        assert socket.next(id)["leadChanged"] == {"id": lead, "name": "Two"}
        assert socket.silent()

    @pytest.mark.parametrize(
        ("filter", "expected"),
        [
            ({}, [0, 1]),
            ({"status": ["COMPLETED"]}, [1]),
            ({"status": []}, []),
            ({"channel": ["WEB", "VOICE"], "status": None}, [0]),
            ({"updatedAfter": "2020-01-01T00:00:00Z"}, [0, 1]),
            ({"updatedBefore": "2020-01-01T00:00:00Z"}, []),
            ({"search": "MÜLL"}, [0]),
            ({"search": "ü"}, [0]),
            ({"search": "session-of-1"}, [1]),
            ({"search": "of-1", "status": ["ACTIVE"]}, []),
            ({"search": "%"}, []),
        ],
    )
    def test_filters_of_conversations(
        self, organization: Organization, socket: Socket, filter: dict[str, object], expected: list[int]
    ) -> None:
        id = socket.subscribe(CONVERSATIONS, filter=filter)
        socket.settle()
        lead = organization.lead(name="Hans Müller")
        rows = [
            organization.conversation(lead, channel="web", session_key="0"),
            organization.conversation(channel="telegram", session_key="session-of-1", status="completed"),
        ]
        for place in expected:
            assert socket.next(id)["conversationChanged"]["id"] == str(rows[place])
        assert socket.silent(0.2)

    @pytest.mark.parametrize(
        ("filter", "expected"),
        [
            ({"status": ["BOOKED"], "channel": ["EMAIL"]}, [1]),
            ({"search": "@EXAMPLE"}, [1]),
            ({"createdAfter": "2020-01-01T00:00:00Z", "createdBefore": "2120-01-01T00:00:00Z"}, [0, 1]),
            ({"createdBefore": "2020-01-01T00:00:00Z"}, []),
        ],
    )
    def test_filters_of_leads(
        self, organization: Organization, socket: Socket, filter: dict[str, object], expected: list[int]
    ) -> None:
        id = socket.subscribe(LEADS, filter=filter)
        socket.settle()
        rows = [organization.lead(), organization.lead(email="a@example.org", status="booked", channel="email")]
        for place in expected:
            assert socket.next(id)["leadChanged"]["id"] == str(rows[place])
        assert socket.silent(0.2)

    def test_of_one_lead(self, organization: Organization, socket: Socket) -> None:
        lead, other = organization.lead(), organization.lead()
        id = socket.subscribe(CONVERSATIONS, filter={"leadId": str(lead)})
        socket.settle()
        organization.conversation(other)
        own = organization.conversation(lead)
        assert socket.next(id)["conversationChanged"]["id"] == str(own)
        assert socket.silent(0.2)

    @pytest.mark.parametrize("count", [100, 101, 700])
    def test_many_rows_of_one_statement(self, organization: Organization, socket: Socket, count: int) -> None:
        organization.sql(
            "INSERT INTO leads (organization_id, name, channel) SELECT %s, n, 'web' FROM generate_series(1, %s) AS n",
            organization.id,
            count,
        )
        id = socket.subscribe(LEADS)
        time.sleep(0.5)
        socket.settle()
        organization.sql("UPDATE leads SET name = 'x' || name WHERE organization_id = %s", organization.id)
        found = {socket.next(id)["leadChanged"]["name"] for _ in range(count)}
        assert found == {f"x{n}" for n in range(1, count + 1)}

    def test_the_last_state_is_always_told(self, organization: Organization, socket: Socket) -> None:
        lead = organization.lead()
        id = socket.subscribe(LEADS)
        socket.settle()
        for n in range(200):
            organization.sql("UPDATE leads SET name = %s WHERE id = %s", str(n), lead)
        while socket.next(id)["leadChanged"]["name"] != "199":
            pass
        # Its own announcement may come after the state was fetched for the one before.
        assert socket.silent(0.2) or socket.silent(0.2)


class TestBreaks:
    """The listening connection breaks, or the database goes away."""

    def test_the_listening_connection_is_killed(self, organization: Organization, socket: Socket) -> None:
        conversation = organization.conversation()
        ids = [socket.subscribe(query) for query in (ADDED, CONVERSATIONS)]
        socket.settle()
        kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE %s"
        told: dict[str, list[Any]] = {id: [] for id in ids}
        for n in range(30):
            organization.message(conversation, str(n))
            if n % 10 == 5:
                organization.sql(kill, "conversations-gateway listener")
        while len(told[ids[0]]) < 30 or told[ids[1]][-1]["conversationChanged"]["messageCount"] != 30:
            message = socket.receive()
            told[message["id"]].append(message["payload"]["data"])
        assert [each["messageAdded"]["message"]["content"] for each in told[ids[0]]] == [str(n) for n in range(30)]

    def test_the_database_is_restarted(self, tmp_path: Path) -> None:
        # Each start has a socket in another folder: this name stays.
        folder = tmp_path / "socket"

        @contextmanager
        def running() -> Iterator[psycopg.Connection]:
            with embedded_postgres(tmp_path / "data", durable=False) as url:
                folder.unlink(missing_ok=True)
                folder.symlink_to(str(conninfo_to_dict(url)["host"]))
                with psycopg.connect(url, autocommit=True) as connection:
                    yield connection

        own_url = f"postgresql://postgres@/gateway?host={folder}&port=5432"
        with ExitStack() as stack:
            with running() as connection:
                migrate(own_url)
                settings = Settings(database_url=own_url, jwt_secret=SECRET, _env_file=None)
                organization = Organization(connection, stack.enter_context(serving(settings)))
                socket = stack.enter_context(acknowledged(organization))
                conversation = organization.conversation()
                id = socket.subscribe(ADDED)
                socket.settle()
                organization.message(conversation, "before")
                assert contents(socket, id, 1) == ["before"]
            with running() as connection:
                for n in range(3):
                    connection.execute(INSERT, [organization.id, conversation, str(n)])
                found = [socket.next(id, 10)["messageAdded"]["message"]["content"] for _ in range(3)]
                assert found == ["0", "1", "2"]
                connection.execute(INSERT, [organization.id, conversation, "live"])
                assert socket.next(id, 10)["messageAdded"]["message"]["content"] == "live"
                organization.http.close()
                stack.close()


class TestSlowConsumers:
    """Who does not take what it is told."""

    async def test_is_let_go_when_its_queue_is_full(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("gateway_graphql.subscribers.LONGEST_QUEUE", 3)
        subscribers: Subscribers[int] = Subscribers()
        slow, quick = subscribers.join(lambda _: True), subscribers.join(lambda n: n % 2 == 0)
        for n in range(5):
            await subscribers.tell(n)
        assert slow.queue.qsize() == 3
        assert [(await slow.next()).row for _ in range(3)] == [0, 1, 2]
        with pytest.raises(TooSlow):
            await slow.next()
        assert [(await quick.next()).row for _ in range(3)] == [0, 2, 4]
        waiting = asyncio.ensure_future(quick.next())
        await asyncio.sleep(0)
        await subscribers.tell(6)
        assert (await waiting).row == 6

    async def test_a_burst_waits_for_those_who_take_it(
        self, organization: Organization, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("gateway_graphql.subscribers.LONGEST_QUEUE", 10)
        monkeypatch.setattr("gateway_graphql.subscribers.BURST", 5)
        feed = MessageFeed(Tenant(database, organization.id))
        conversation = organization.conversation()
        quick, slow = feed.watch(None, lambda _: True), feed.watch(None, lambda _: True)
        first = [asyncio.ensure_future(anext(each)) for each in (quick, slow)]
        await asyncio.sleep(0.2)
        organization.sql(
            "INSERT INTO messages (organization_id, conversation_id, role, content)"
            " SELECT %s, %s, 'user', n FROM generate_series(1, 60) AS n",
            organization.id,
            conversation,
        )
        looking = asyncio.ensure_future(feed.look())
        told = [(await first[0]).row] + [(await anext(quick)).row for _ in range(59)]
        assert [added.message.content for added in told] == [str(n) for n in range(1, 61)]
        await looking
        # Who takes nothing is let go, and has not delayed the other for long.
        assert (await first[1]).row.message.content == "1"
        for _ in range(10):
            await anext(slow)
        with pytest.raises(TooSlow):
            await anext(slow)
        await quick.aclose()

    async def test_many_changed_rows_are_a_burst(
        self, organization: Organization, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("gateway_graphql.subscribers.LONGEST_QUEUE", 10)
        monkeypatch.setattr("gateway_graphql.subscribers.BURST", 5)
        ids = [organization.lead() for _ in range(60)]
        feed = RowFeed(Tenant(database, organization.id), "leads", leads_by_id, changed_leads)
        watching = feed.watch(lambda _: True)
        first = asyncio.ensure_future(anext(watching))
        await asyncio.sleep(0.2)
        feed.wake(Change("leads", organization.id, ids))
        looking = asyncio.ensure_future(feed.look())
        told = [(await first).row] + [(await anext(watching)).row for _ in range(59)]
        assert [row.id for row in told] == ids
        await looking
        await watching.aclose()

    def test_who_does_not_read_is_closed(self, organization: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("gateway_graphql.subscribers.LONGEST_QUEUE", 10)
        monkeypatch.setattr("gateway_graphql.websocket.SEND_TIMEOUT", 0.5)
        conversation = organization.conversation()
        with acknowledged(organization, compression=None, max_queue=1) as slow, acknowledged(organization) as quick:
            slow.subscribe(ADDED)
            id = quick.subscribe(ADDED)
            slow.settle()
            quick.settle()
            for n in range(60):
                organization.message(conversation, f"{n:06}" + "\u2003" * 99_990)
                assert quick.next(id)["messageAdded"]["message"]["content"].startswith(f"{n:06}")
            # The code comes through if it is read within a second; otherwise the connection just ends.
            assert slow.closed() in {1013, 1006}


def test_a_storm(organization: Organization, database_url: str) -> None:
    """The benchmark raises a bigger one."""
    told = storm.raised(organization, database_url, storm.Storm(messages=800, subscribers=10))
    expected = storm.written(organization)
    assert sum(map(len, expected.values())) == 800
    assert [storm.threads_of(each) == expected for each in told] == [True] * 10
