"""Load: writers and readers that remember what they asked for and what they were told, and compare it in the end."""

import asyncio
import itertools
import json
import threading
import time
from collections import Counter
from types import TracebackType
from typing import Self
from uuid import UUID, uuid4

import httpx
import psycopg

from tests.support.organization import token

ADD = """mutation ($id: ID!, $content: String!, $key: String) {
    addMessage(input: {conversationId: $id, role: USER, content: $content, idempotencyKey: $key}) {
        message { id } userErrors { code } } }"""
LIST = "{ conversations(first: 5) { nodes { id lead { name } messages(first: 3) { nodes { content } } } } }"
_LATER = {503, 504}
_PAUSE = 0.05


class Load:
    """Runs in a thread of its own, as a client of one organization. Every write has an idempotency key, and is
    asked for again, under the same key, until it is acknowledged.
    """

    def __init__(self, url: str, connection: psycopg.Connection, *, writers: int = 6, readers: int = 4) -> None:
        """`connection` makes what there is to begin with."""
        self.organization_id = uuid4()
        self._url = url
        self._clients = writers, readers
        self._conversations = [self._conversation(connection) for _ in range(4)]
        self._numbers = itertools.count()
        self._over = threading.Event()
        self.statuses: Counter[str] = Counter()
        """How often each status came; `broken` where no answer came."""
        self.unexpected: list[str] = []
        self.asked: set[str] = set()
        self.acknowledged: set[str] = set()
        self.longest = 0.0
        """Seconds of the slowest answer."""
        self.last_acknowledged = time.monotonic()

    def _conversation(self, connection: psycopg.Connection) -> UUID:
        made = connection.execute(
            "WITH lead AS (INSERT INTO leads (organization_id, name, channel) VALUES (%s, 'Jane', 'web') RETURNING *)"
            " INSERT INTO conversations (organization_id, lead_id, session_key, channel)"
            " SELECT organization_id, id, 'web', 'web' FROM lead RETURNING id",
            [self.organization_id],
        ).fetchone()
        assert made
        id: UUID = made[0]
        return id

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    async def _run(self) -> None:
        headers = {"Authorization": f"Bearer {token(self.organization_id)}"}
        writers, readers = self._clients
        async with (
            httpx.AsyncClient(base_url=self._url, headers=headers, timeout=30, verify=False) as client,
            asyncio.TaskGroup() as group,
        ):
            for number in range(writers):
                group.create_task(self._write(client, number))
            for _ in range(readers):
                group.create_task(self._read(client))

    async def _write(self, client: httpx.AsyncClient, writer: int) -> None:
        while not self._over.is_set():
            number = next(self._numbers)
            content, key = f"write {number}", str(uuid4())
            self.asked.add(content)
            request = self._lead(content, key) if writer % 2 else self._message(number, content, key)
            await self._insist(client, request, content)
            await asyncio.sleep(_PAUSE / 5)

    async def _insist(self, client: httpx.AsyncClient, request: httpx.Request, content: str) -> None:
        while not self._over.is_set():
            if await self._written(client, request, content):
                return
            await asyncio.sleep(_PAUSE)

    def _message(self, number: int, content: str, key: str) -> httpx.Request:
        conversation = self._conversations[number % len(self._conversations)]
        variables = {"id": str(conversation), "content": content, "key": key}
        return httpx.Request("POST", "/graphql", json={"query": ADD, "variables": variables})

    def _lead(self, content: str, key: str) -> httpx.Request:
        return httpx.Request("POST", "/api/v1/leads", json={"name": content}, headers={"Idempotency-Key": key})

    async def _written(self, client: httpx.AsyncClient, request: httpx.Request, content: str) -> bool:
        answer = await self._answer(client, request)
        if answer is None or answer.status_code in _LATER:
            return False
        if answer.status_code not in {200, 201}:
            return False
        body = answer.json()
        data = body.get("data", body)
        if not (data.get("id") or (data.get("addMessage") or {}).get("message")):
            self.unexpected.append(f"{answer.status_code} {answer.text[:200]}")
            return False
        self.acknowledged.add(content)
        self.last_acknowledged = time.monotonic()
        return True

    async def _read(self, client: httpx.AsyncClient) -> None:
        for request in itertools.cycle([("GET", "/api/v1/conversations", None), ("POST", "/graphql", {"query": LIST})]):
            if self._over.is_set():
                return
            method, path, body = request
            answer = await self._answer(client, httpx.Request(method, path, json=body))
            if answer is not None and answer.status_code == 200 and "errors" in answer.json():
                self.unexpected.append(answer.text[:200])
            await asyncio.sleep(_PAUSE / 5)

    async def _answer(self, client: httpx.AsyncClient, request: httpx.Request) -> httpx.Response | None:
        started = time.monotonic()
        sent = client.build_request(
            request.method,
            request.url,
            content=request.content,
            headers={name: value for name, value in request.headers.items() if name != "host"},
        )
        try:
            answer = await client.send(sent)
        except httpx.TransportError:
            self.statuses["broken"] += 1
            return None
        self.longest = max(self.longest, time.monotonic() - started)
        self.statuses[str(answer.status_code)] += 1
        if answer.status_code == 503 and "retry-after" not in answer.headers:
            self.unexpected.append("503 without Retry-After")
        if answer.status_code not in {200, 201, *_LATER}:
            self.unexpected.append(f"{answer.status_code} {answer.text[:200]}")
        return answer

    def await_acknowledged(self, more: int = 5, seconds: float = 60) -> float:
        """Wait until more writes are acknowledged, and return how long the first took."""
        started, before = time.monotonic(), len(self.acknowledged)
        first = None
        while len(self.acknowledged) < before + more:
            assert time.monotonic() < started + seconds, f"nothing is acknowledged any more: {self.statuses}"
            if first is None and len(self.acknowledged) > before:
                first = time.monotonic() - started
            time.sleep(0.01)
        return first if first is not None else time.monotonic() - started

    def check(self, connection: psycopg.Connection, attempted: str, **more: object) -> None:
        """Compare what was acknowledged with what is there, and print both."""
        rows = connection.execute(
            "SELECT content FROM messages WHERE organization_id = %(id)s"
            " UNION ALL SELECT name FROM leads WHERE organization_id = %(id)s AND name LIKE 'write %%'",
            {"id": self.organization_id},
        ).fetchall()
        found = Counter(content for (content,) in rows)
        lost = self.acknowledged - found.keys()
        twice = [content for content, times in found.items() if times > 1]
        told = {"lost": len(lost), "twice": len(twice), "longest answer": f"{self.longest:.2f} s", **more}
        print(
            f"\n{attempted}: {sum(self.statuses.values())} requests {json.dumps(dict(sorted(self.statuses.items())))},",
            f"{len(self.acknowledged)} writes acknowledged,",
            ", ".join(f"{name} {value}" for name, value in told.items()),
        )
        assert (lost, twice, self.unexpected) == (set(), [], [])
        assert found.keys() <= self.asked
        assert self.acknowledged
        self._check_counts(connection)

    def _check_counts(self, connection: psycopg.Connection) -> None:
        """A write is there whole or not at all: what the database counts by itself fits."""
        wrong = connection.execute(
            "SELECT id FROM conversations AS c WHERE organization_id = %s AND message_count !="
            " (SELECT count(*) FROM messages WHERE organization_id = c.organization_id AND conversation_id = c.id)",
            [self.organization_id],
        ).fetchall()
        assert wrong == []
