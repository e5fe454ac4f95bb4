"""Citus, where there is none: whose address is listened to, and what is refused. With one, all tests run on it."""

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from uuid import uuid4

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from gateway.database import listener as listening
from gateway.database.errors import DatabaseRefused
from gateway.database.listener import Change, Listener
from gateway.database.migrate import migrate

NODES = "CREATE TABLE pg_dist_node (nodename text, nodeport int, noderole text, isactive boolean, groupid int)"
ADD = "INSERT INTO pg_dist_node VALUES (%s, %s, %s, true, %s)"
ANNOUNCE = """SELECT pg_notify('gateway_changes', json_build_object(
    'table', 'leads', 'organization', %s::text, 'ids', json_build_array(%s::text))::text)"""


@pytest.mark.skipif("GATEWAY_TEST_CITUS_URL" in os.environ, reason="this is a cluster")
def test_a_server_without_it_says_so(database_url: str) -> None:
    with pytest.raises(DatabaseRefused, match="it does not have the extension citus"):
        migrate(database_url, citus=True)


async def test_every_node_is_listened_to(new_database: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "_SAME_NODES", 0.1)
    url = new_database()
    server = conninfo_to_dict(url)
    heard: asyncio.Queue[Change] = asyncio.Queue()
    connected: asyncio.Queue[None] = asyncio.Queue()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(NODES)
        connection.execute(ADD, (server["host"], server["port"], "primary", 0))  # the coordinator
        connection.execute(ADD, (server["host"], server["port"], "primary", 1))
        connection.execute(ADD, ("127.0.0.1", 1, "secondary", 1))
        task = asyncio.create_task(Listener(url, heard.put_nowait, lambda: connected.put_nowait(None)).run())
        try:
            for copies in (2, 3):  # of one announcement: this node is several
                async with asyncio.timeout(5):
                    for _ in range(copies):
                        await connected.get()
                organization, id = uuid4(), uuid4()
                connection.execute(ANNOUNCE, (organization, id))
                assert await _changes(heard, copies) == [Change("leads", organization, [id])] * copies
                connection.execute(ADD, (server["host"], server["port"], "primary", 2))
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def _changes(heard: "asyncio.Queue[Change]", count: int) -> list[Change]:
    async with asyncio.timeout(5):
        return [await heard.get() for _ in range(count)]
