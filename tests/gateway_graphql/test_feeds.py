"""Changed rows are told as they are now, and nothing is lost where connections break."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from gateway.database.migrate import migrate
from gateway.embedded import embedded_postgres
from gateway.settings import Settings
from tests.support import storm
from tests.support.organization import SECRET, Organization
from tests.support.server import serving
from tests.support.socket import Socket, acknowledged
from tests.support.watching import ADDED, CONVERSATIONS, INSERT, LEADS, contents


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
        # Announcements of before may be heard after it was fetched: it is told again, and nothing else.
        with suppress(TimeoutError):
            while True:
                assert socket.next(id, 0.3)["leadChanged"]["name"] == "199"


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


def test_a_storm(organization: Organization, database_url: str) -> None:
    """The benchmark raises a bigger one."""
    told = storm.raised(organization, database_url, storm.Storm(messages=800, subscribers=10))
    expected = storm.written(organization)
    assert sum(map(len, expected.values())) == 800
    assert [storm.threads_of(each) == expected for each in told] == [True] * 10
