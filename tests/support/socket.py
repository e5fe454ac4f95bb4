"""A socket of `graphql-transport-ws`, as clients hold one."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tests.support.organization import Organization

PROTOCOL = "graphql-transport-ws"
Message = dict[str, Any]


class Socket:
    """What is sent and received, message by message."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self._ids = count(1)

    def send(self, type: str, **members: object) -> None:
        """Send a message."""
        self.connection.send(json.dumps({"type": type, **members}))

    def receive(self, timeout: float = 5) -> Message:
        """Return the next message. Raises TimeoutError."""
        message: Message = json.loads(self.connection.recv(timeout))
        return message

    def subscribe(self, query: str, **variables: object) -> str:
        """Begin an operation, return its id."""
        id = str(next(self._ids))
        self.send("subscribe", id=id, payload={"query": query, "variables": variables})
        return id

    def next(self, id: str, timeout: float = 5) -> Any:
        """Return the data of an operation's next answer, which must have no errors."""
        message = self.receive(timeout)
        assert (message["type"], message["id"]) == ("next", id), message
        assert "errors" not in message["payload"], message
        return message["payload"]["data"]

    def silent(self, seconds: float = 0.3) -> bool:
        """Say whether nothing is received for so long."""
        with suppress(TimeoutError):
            self.receive(seconds)
            return False
        return True

    def settle(self) -> None:
        """Wait until what was subscribed to is watched, which the protocol does not tell.

        What is told meanwhile is of before.
        """
        time.sleep(0.1)
        id = self.subscribe("{ conversations { totalCount } leads { totalCount } }")
        while self.receive() != {"type": "complete", "id": id}:
            pass

    def data(self, query: str, **variables: object) -> Any:
        """Return what one query or mutation answers."""
        id = self.subscribe(query, **variables)
        data = self.next(id)
        assert self.receive() == {"type": "complete", "id": id}
        return data

    def closed(self, timeout: float = 5) -> int | None:
        """Wait until the gateway closes the socket, return the code."""
        with suppress(ConnectionClosed):
            while True:
                self.connection.recv(timeout)
        return self.connection.close_code


@contextmanager
def opened(
    organization: Organization, *, subprotocols: tuple[str, ...] = (PROTOCOL,), authorized: bool = False, **options: Any
) -> Iterator[Socket]:
    """Connect, with the token in the upgrade's header or without one; nothing is initialised."""
    headers = {"Authorization": organization.http.headers["Authorization"]} if authorized else {}
    with connect(
        organization.url.replace("http", "ws", 1) + "/graphql",
        subprotocols=[Subprotocol(each) for each in subprotocols] or None,
        additional_headers=headers,
        proxy=None,
        close_timeout=1,
        **options,
    ) as connection:
        yield Socket(connection)


@contextmanager
def acknowledged(organization: Organization, authorization: str | None = None, **options: Any) -> Iterator[Socket]:
    """Connect as the organization, ready for operations."""
    with opened(organization, **options) as socket:
        token = authorization or organization.http.headers["Authorization"]
        socket.send("connection_init", payload={"Authorization": token})
        assert socket.receive() == {"type": "connection_ack"}
        yield socket
