"""What tests of subscriptions ask, what they read, and how others write meanwhile."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from tests.support.socket import Socket

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
