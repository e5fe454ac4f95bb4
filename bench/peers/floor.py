"""The floor: a bare ASGI application that knows each document's one statement, whose answer PostgreSQL makes."""

from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any
from uuid import UUID

import orjson

from bench.peers.statements import statement
from bench.peers.tokens import organization_of
from bench.peers.workloads import INBOX, MUTATION, NESTED, ONE_ROW, THREAD

STATEMENTS = {
    INBOX: statement("floor_inbox"),
    THREAD: statement("floor_thread"),
    NESTED: statement("floor_nested"),
    ONE_ROW: statement("floor_row"),
    MUTATION: statement("floor_mutation"),
}

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Fetch = Callable[[str, Sequence[object]], Awaitable[str]]
"""Gives the one text of a statement's one row."""

App = Callable[[Message, Receive, Send], Awaitable[None]]


def floor(fetch: Fetch) -> App:
    """Make the application on a database client."""

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        organization = UUID(organization_of(dict(scope["headers"])[b"authorization"].decode()))
        body = b""
        while True:
            message = await receive()
            body += message["body"]
            if not message["more_body"]:
                break
        asked = orjson.loads(body)
        content = (await fetch(STATEMENTS[asked["query"]], (organization, *_values(asked)))).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(content))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    return app


def _values(asked: dict[str, Any]) -> list[object]:
    variables = asked.get("variables") or {}
    given = variables.get("input", variables)
    return [UUID(value) if name == "id" else value for name, value in given.items()]
