"""Messages are told as they are added: exactly once, in order, whoever adds them."""

import time

from tests.support.organization import Organization
from tests.support.socket import Socket, acknowledged
from tests.support.watching import ADDED, CONVERSATIONS, INSERT, LEADS, contents, transaction


def test_of_one_conversation(organization: Organization, socket: Socket) -> None:
    watched, other = organization.conversation(), organization.conversation()
    organization.message(watched, "before")
    id = socket.subscribe(ADDED, id=str(watched))
    socket.settle()
    organization.message(other, "no")
    organization.message(watched, "yes")
    assert contents(socket, id, 1) == ["yes"]


def test_of_the_whole_organization(organization: Organization, stranger: Organization, socket: Socket) -> None:
    id = socket.subscribe(ADDED)
    socket.settle()
    stranger.message(stranger.conversation(), "foreign")
    organization.message(organization.conversation(), "one")
    organization.message(organization.conversation(), "two")
    assert contents(socket, id, 2) == ["one", "two"]


def test_of_another_organization(stranger: Organization, socket: Socket) -> None:
    id = socket.subscribe(ADDED, id=str(stranger.conversation()))
    error = socket.receive()
    assert (error["type"], error["id"]) == ("error", id)
    assert error["payload"][0]["extensions"] == {"code": "NOT_FOUND"}


def test_within_a_second(organization: Organization, socket: Socket) -> None:
    conversation = organization.conversation()
    id = socket.subscribe(ADDED)
    socket.settle()
    began = time.monotonic()
    organization.message(conversation)
    socket.next(id)
    assert time.monotonic() - began < 1


def test_what_mutations_add(organization: Organization, socket: Socket) -> None:
    conversation = organization.conversation()
    id = socket.subscribe(ADDED, id=str(conversation))
    socket.settle()
    organization.graphql(
        f'mutation {{ addMessage(input: {{conversationId: "{conversation}", role: USER, content: "Hi"}}) '
        "{ message { id } } }"
    )
    assert contents(socket, id, 1) == ["Hi"]


def test_with_what_hangs_on_them(organization: Organization, socket: Socket) -> None:
    conversation = organization.conversation()
    id = socket.subscribe("subscription { messageAdded { message { conversation { messageCount lead { name } } } } }")
    socket.settle()
    for count in (1, 2):
        organization.message(conversation)
        expected = {"conversation": {"messageCount": count, "lead": {"name": "Jane Smith"}}}
        assert socket.next(id)["messageAdded"]["message"] == expected


def test_of_one_transaction_in_their_order(organization: Organization, socket: Socket, database_url: str) -> None:
    one, two = organization.conversation(), organization.conversation()
    id = socket.subscribe(ADDED)
    socket.settle()
    with transaction(database_url) as writer:
        for n in range(20):
            writer.execute(INSERT, [organization.id, (one, two)[n % 2], str(n)])
        assert socket.silent()
        writer.commit()
    assert contents(socket, id, 20) == [str(n) for n in range(20)]


def test_of_more_than_a_page(organization: Organization, socket: Socket) -> None:
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
    organization: Organization, socket: Socket, database_url: str
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


def test_of_two_transactions_in_one_conversation(organization: Organization, socket: Socket, database_url: str) -> None:
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
    thread = organization.graphql(f'{{ conversation(id: "{conversation}") {{ messages {{ nodes {{ content }} }} }} }}')
    assert [node["content"] for node in thread["conversation"]["messages"]["nodes"]] == ["one", "two"]


def test_what_is_rolled_back_is_not_told(organization: Organization, socket: Socket, database_url: str) -> None:
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


def test_a_bulk_import_is_silent(organization: Organization, socket: Socket, database_url: str) -> None:
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
