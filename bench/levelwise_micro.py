"""Execution alone: graphql-core and levelwise on the same rows in memory, CPU per operation.

python -m bench.levelwise_micro [--profile]
"""

import asyncio
import cProfile
import sys
from collections.abc import Callable, Coroutine, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from inspect import isawaitable
from time import perf_counter, process_time
from typing import Any, NamedTuple, NewType
from uuid import UUID, uuid4

import orjson
import strawberry
from graphql import ExecutionResult, execute, parse
from strawberry.schema.config import StrawberryConfig

from levelwise import Plan, batched, by_class, compile_operation


class Status(StrEnum):
    ACTIVE = "active"
    DONE = "done"


class MessageRow(NamedTuple):
    id: UUID
    role: str
    content: str


class ConversationRow(NamedTuple):
    id: UUID
    lead_id: UUID
    session_key: str
    channel: str
    status: str
    message_count: int
    created_at: datetime
    updated_at: datetime
    last_message_at: datetime | None
    last_message_preview: str | None
    metadata: Any


class LeadRow(NamedTuple):
    id: UUID
    name: str


class List(NamedTuple):
    rows: list[Any]


NOW = datetime.now(UTC)
MESSAGES = [MessageRow(uuid4(), "user", f"Message {number}") for number in range(10)]
CONVERSATIONS = [
    ConversationRow(
        uuid4(), uuid4(), f"key-{number}", "web", "active", 3, NOW, NOW, NOW, "Hello", orjson.Fragment(b"{}")
    )
    for number in range(20)
]
LEADS = [LeadRow(uuid4(), f"Lead {number}") for number in range(20)]

JSON = NewType("JSON", object)
strawberry.enum(Status)


async def _conversations(leads: Sequence[Any], _context: Any) -> list[Any]:
    return [List(CONVERSATIONS[:5]) for _ in leads]


async def _messages(conversations: Sequence[Any], _context: Any) -> list[Any]:
    return [List(MESSAGES) for _ in conversations]


async def _nodes(lists: Sequence[Any], _context: Any) -> list[Any]:
    return [list_.rows for list_ in lists]


@strawberry.type
class Message:
    id: strawberry.ID
    role: str
    content: str

    @classmethod
    @by_class
    def is_type_of(cls, row: object, _: object) -> bool:
        return isinstance(row, MessageRow)


@strawberry.type
class Messages:
    nodes: list[Message] = batched(_nodes, description="Rows.")


@strawberry.type
class Conversation:
    id: strawberry.ID
    lead_id: strawberry.ID
    session_key: str
    channel: str
    status: Status
    message_count: int
    created_at: datetime
    updated_at: datetime
    last_message_at: datetime | None
    last_message_preview: str | None
    metadata: JSON
    messages: Messages = batched(_messages, description="Messages.")

    @classmethod
    @by_class
    def is_type_of(cls, row: object, _: object) -> bool:
        return isinstance(row, ConversationRow)


@strawberry.type
class Conversations:
    nodes: list[Conversation] = batched(_nodes, description="Rows.")


@strawberry.type
class Lead:
    id: strawberry.ID
    name: str
    conversations: Conversations = batched(_conversations, description="Conversations.")


@strawberry.type
class Query:
    @strawberry.field(graphql_type=list[Conversation])
    def conversations(self) -> Any:
        return CONVERSATIONS

    @strawberry.field(graphql_type=list[Lead])
    def leads(self) -> Any:
        return LEADS

    @strawberry.field(graphql_type=Lead | None)
    async def lead(self, id: strawberry.ID) -> Any:  # noqa: ARG002 (to be coerced is what it is for)
        return LEADS[0]


def _as_it_is(value: Any) -> Any:
    return value


SCALARS: dict[object, Any] = {
    datetime: strawberry.scalar(name="DateTime", serialize=_as_it_is),
    JSON: strawberry.scalar(name="JSON", serialize=_as_it_is),
}
UNTOUCHED: dict[str, list[type]] = {"ID": [UUID], "DateTime": [datetime], "JSON": [orjson.Fragment]}
schema = strawberry.Schema(Query, config=StrawberryConfig(scalar_map=SCALARS))

WORKLOADS = {
    "20 rows of 11 plain fields": """{ conversations { id leadId sessionKey channel status messageCount createdAt
        updatedAt lastMessageAt lastMessagePreview metadata } }""",
    "20 leads > 5 conversations > 10 messages": """{ leads { id name conversations { nodes { id status sessionKey
        messages { nodes { id content } } } } } }""",
    "one row, two fields": '{ lead(id: "1") { id name } }',
}


class Context:
    """One operation's loaders."""

    def __init__(self) -> None:
        self.loaders: dict[Any, Any] = {}


def _write(data: Any) -> bytes:
    return orjson.dumps(data, option=orjson.OPT_UTC_Z)


def _core(text: str) -> Callable[[], Coroutine[Any, Any, Any]]:
    document = parse(text)

    async def run() -> Any:
        result = execute(
            schema._schema,  # noqa: SLF001 (its name for graphql-core's)
            document,
            context_value=Context(),
            executor_class=schema.execution_context_class,
        )
        result = await result if isawaitable(result) else result
        assert isinstance(result, ExecutionResult)
        assert result.errors is None
        return result.data

    return run


def _levelwise(text: str) -> Callable[[], Coroutine[Any, Any, Any]]:
    plan = compile_operation(schema, parse(text), untouched=UNTOUCHED)
    assert isinstance(plan, Plan)

    async def run() -> Any:
        result = await plan.run(None)
        assert result.errors is None
        return result.data

    return run


async def _measured(run: Callable[[], Coroutine[Any, Any, Any]]) -> float:
    """CPU of one run in microseconds: the best of rounds of 0.1 seconds."""
    best = float("inf")
    for _ in range(7):
        count, end, start = 0, perf_counter() + 0.1, process_time()
        while perf_counter() < end:
            await run()
            count += 1
        best = min(best, (process_time() - start) / count)
    return best * 1e6


async def main() -> None:
    """Print a table; with --profile, where levelwise spends its time."""
    print(f"{'workload':42} {'graphql-core':>14} {'levelwise':>12} {'orjson':>10}   (microseconds of CPU)")
    for name, text in WORKLOADS.items():
        core, ours = _core(text), _levelwise(text)
        data = await ours()
        assert _write(data) == _write(await core())

        async def dumps(data: Any = data) -> bytes:
            return _write(data)

        print(f"{name:42} {await _measured(core):14.1f} {await _measured(ours):12.1f} {await _measured(dumps):10.1f}")
        if "--profile" in sys.argv:
            profile = cProfile.Profile()
            profile.enable()
            for _ in range(1000):
                await ours()
            profile.disable()
            profile.print_stats("tottime")


if __name__ == "__main__":
    asyncio.run(main())
