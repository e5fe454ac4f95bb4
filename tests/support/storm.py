"""A storm of messages: concurrent writers whose transactions commit in any order, and many who watch them."""

import asyncio
import json
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tests.support.organization import Organization

WATCH = "subscription { messageAdded { cursor message { conversationId content } } }"
_KILL = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'conversations-gateway listener'"
)
_INSERT = "INSERT INTO messages (organization_id, conversation_id, role, content) VALUES (%s, %s, 'user', %s)"


class Storm(NamedTuple):
    """How much of it."""

    messages: int
    subscribers: int
    writers: int = 8
    conversations: int = 12
    kills: int = 2


def raised(organization: Organization, url: str, storm: Storm) -> list[list[tuple[str, str]]]:
    """Let it rage. Return what each subscriber was told: conversation and content."""
    conversations = [organization.conversation() for _ in range(storm.conversations)]
    ready, over = threading.Event(), threading.Event()

    def write(number: int) -> None:
        ready.wait()
        _write(random.Random(number), organization.id, url, conversations, range(number, storm.messages, storm.writers))

    def kill() -> None:
        ready.wait()
        for _ in range(storm.kills):
            over.wait(0.4)
            organization.sql(_KILL)

    with ThreadPoolExecutor(storm.writers + 1) as threads:
        writing = [*(threads.submit(write, number) for number in range(storm.writers)), threads.submit(kill)]
        told = asyncio.run(_watch(organization, storm, ready))
        over.set()
        for each in writing:
            each.result()
    return told


def _write(chance: random.Random, organization_id: UUID, url: str, conversations: list[UUID], numbers: range) -> None:
    waiting = list(numbers)
    with psycopg.connect(url) as connection:
        while waiting:
            many, waiting = waiting[: (size := chance.randint(1, 12))], waiting[size:]
            # In one order: writers of several conversations must not wait for each other in a circle.
            chosen = sorted(chance.sample(conversations, chance.randint(1, 3)))
            for place, number in enumerate(many):
                conversation = chosen[place * len(chosen) // len(many)]
                connection.execute(_INSERT, [organization_id, conversation, str(number)])
            if chance.random() < 0.3:
                time.sleep(chance.random() * 0.01)
            connection.commit()
            if chance.random() < 0.1:
                connection.execute(_INSERT, [organization_id, chosen[0], "rolled back"])
                connection.rollback()


async def _watch(organization: Organization, storm: Storm, ready: threading.Event) -> list[list[tuple[str, str]]]:
    async with asyncio.TaskGroup() as group:
        sockets = await asyncio.gather(*(subscribed(organization, WATCH) for _ in range(storm.subscribers)))
        await asyncio.sleep(0.5)
        ready.set()
        tasks = [group.create_task(_read(socket, storm.messages)) for socket in sockets]
    return [task.result() for task in tasks]


async def subscribed(organization: Organization, query: str, **options: Any) -> ClientConnection:
    """Open a socket, and subscribe."""
    socket = await connect(
        organization.url.replace("http", "ws", 1) + "/graphql",
        subprotocols=[Subprotocol("graphql-transport-ws")],
        additional_headers={"Authorization": organization.http.headers["Authorization"]},
        proxy=None,
        compression=None,
        open_timeout=60,
        **options,
    )
    await socket.send('{"type": "connection_init"}')
    await socket.recv()
    await socket.send(json.dumps({"type": "subscribe", "id": "1", "payload": {"query": query}}))
    return socket


async def _read(socket: ClientConnection, count: int) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    async with socket, asyncio.timeout(300):
        while len(found) < count:
            found.append(_message(await socket.recv()))
        # What comes behind the last one would be told twice.
        try:
            async with asyncio.timeout(0.5):
                found.append(_message(await socket.recv()))
        except TimeoutError:
            pass
    return found


def _message(text: str | bytes) -> tuple[str, str]:
    message = json.loads(text)["payload"]["data"]["messageAdded"]["message"]
    return message["conversationId"], message["content"]


def threads_of(told: list[tuple[str, str]]) -> dict[str, list[str]]:
    """Return the contents by conversation, in the order in which they were told."""
    threads: dict[str, list[str]] = {}
    for conversation, content in told:
        threads.setdefault(conversation, []).append(content)
    return threads


def written(organization: Organization) -> dict[str, list[str]]:
    """Return the contents by conversation, as the database lists them."""
    rows = organization.sql(
        "SELECT conversation_id::text, content FROM messages WHERE organization_id = %s ORDER BY created_at, arrival",
        organization.id,
    )
    return threads_of([(conversation, content) for conversation, content in rows])
