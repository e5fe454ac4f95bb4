"""Hostile requests: those that cost the most of what the limits let through."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote
from uuid import uuid4

A_MEGABYTE = 980_000
LEADS = "query ($f: LeadFilter) { leads(filter: $f) { totalCount } }"
ADD = """mutation ($m: JSON) {
    addMessage(input: {conversationId: "ID", role: USER, content: "", metadata: $m}) { userErrors { code } } }"""
LONG = '{ conversation(id: "ID") { messages(first: 500) { nodes { content } } } }'
WIDE = """{ conversations(first: 100) { nodes { id status updatedAt lead { id name phone email metadata }
    messages(first: 98) { nodes { id role content metadata createdAt } edges { cursor node { id } } } } } }"""
FIELDS = "id sessionKey status channel messageCount createdAt updatedAt lastMessageAt lastMessagePreview"
UNKNOWN = {f"k{number}": number for number in range(60_000)}

Asked = tuple[str, str, str, bytes | None]
"""Name, method, path and body."""


def near_limits(number: int, condition: str = "") -> str:
    """Write a document of nearly as many tokens, aliases and fields as there may be; each number's is another."""
    fields = " ".join(
        f"a{number}x{each}: conversations(first: 1) {condition} {{ nodes {{ {FIELDS} lead {{ id name phone }} }}"
        f" edges {{ cursor node {{ {FIELDS} lastMessage {{ id role }} }} }} totalCount }}"
        for each in range(30)
    )
    return f"query ($x: Boolean = true) {{ viewer @include(if: $x) {{ userId }} {fields} }}"


DOCUMENTS = {
    "a comment of 1 MB": "{ viewer { userId } } #" + "x" * A_MEGABYTE,
    "a string of 1 MB": f'{{ conversations(filter: {{search: "{"x" * A_MEGABYTE}"}}) {{ totalCount }} }}',
    "a cursor of 1 MB": f'{{ conversations(after: "{"A" * A_MEGABYTE}") {{ totalCount }} }}',
    "a name of 1 MB": f"{{ {'x' * A_MEGABYTE} }}",
    "1,900 equal fields": f"{{ conversations {{ nodes {{ {'id ' * 1900} }} }} }}",
    "180 equal selections": f"{{ conversations {{ {'nodes { lead { id name } } ' * 180} }} }}",
    "110 equal selections, in 1,000 characters": f"{{conversations{{nodes{{{'lead{id}' * 110}}}}}}}",
    "1,900 unknown fields": f"{{ viewer {{ {' '.join(f'f{number}' for number in range(1900))} }} }}",
    "600 unknown arguments": f"{{ conversations({' '.join(f'a{number}: 1' for number in range(600))}) {{ a }} }}",
    "480 unknown members": f"{{ leads(filter: {{{' '.join(f'a{number}:1' for number in range(480))}}}) {{ a }} }}",
    "140 unknown members": f"{{leads(filter:{{{' '.join(f'a{number}:1' for number in range(140))}}}){{a}}}}",
    "fragments in circles": "{ conversations { nodes { ...F0 } } }"
    + "".join(
        f"fragment F{one} on Conversation {{ {' '.join(f'...F{other}' for other in range(14))} }}" for one in range(14)
    ),
    "near all limits": near_limits(0),
    "near all limits, on a condition": near_limits(1, "@include(if: $x)"),
    "the schema, ten times": "{"
    + " ".join(
        f"a{number}: __schema {{ types {{ name description fields {{ name description args {{ name type {{ name"
        " ofType { name ofType { name } } } } type { name ofType { name ofType { name } } } } } }"
        for number in range(10)
    )
    + "}",
    "10,000 rows": WIDE,
    "49 lists of 100 conversations": "{ conversations(first: 100) { nodes { "
    + " ".join(f"a{number}: messages(first: 1) {{ edges {{ cursor node {{ id content }} }} }}" for number in range(49))
    + " } } }",
    "4,900 errors": "{ conversations(first: 100) { nodes { "
    + " ".join(f"a{number}: messages(first: -1) {{ totalCount }}" for number in range(49))
    + " } } }",
}


def requests(conversation: str, long: str) -> Iterator[Asked]:
    """All of them; `long` is a conversation of 500 messages of 100,000 characters."""
    aliases = " ".join(f"a{number}: content" for number in range(50))
    found = {
        "500 messages of 100,000 characters": LONG,
        "150 of them, 50 times": LONG.replace("500", "150").replace("content", aliases),
    }
    for name, query in {**DOCUMENTS, **found}.items():
        yield name, "POST", "/graphql", json.dumps({"query": query.replace("ID", long)}).encode()
    yield "10,000 rows by GET", "GET", f"/graphql?query={quote(WIDE)}", None
    for name, query, variables in _variables(ADD.replace("ID", conversation)):
        yield name, "POST", "/graphql", json.dumps({"query": query, "variables": variables}).encode()
    yield from _bodies(long)
    yield from _rest(long)


def _variables(add: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    yield "300,000 numbers of metadata", add, {"m": {"a": [1] * 300_000}}
    yield "240,000 empty objects of metadata", add, {"m": {"a": [{}] * 240_000}}
    yield "60,000 members of metadata", add, {"m": UNKNOWN}
    yield "20,000 ids", add, {"m": {"a": [str(uuid4()) for _ in range(20_000)]}}
    yield "60,000 unknown members of a variable", LEADS, {"f": UNKNOWN}
    yield "100,000 wrong values", LEADS, {"f": {"status": ["X"] * 100_000}}
    yield "a wrong value of 1 MB", LEADS, {"f": {"status": ["x" * A_MEGABYTE]}}
    yield "a search for 1 MB", LEADS, {"f": {"search": "x" * A_MEGABYTE}}
    yield "60,000 unknown variables", LEADS, UNKNOWN
    yield "200,000 nodes", "query ($i: [ID!]!) { nodes(ids: $i) { id } }", {"i": [""] * 200_000}


def _bodies(long: str) -> Iterator[Asked]:
    batches = {
        "a batch of 10 near all limits": [near_limits(number) for number in range(2, 12)],
        "a batch of 10 that ask for 15 MB each": [LONG.replace("ID", long).replace("500", "150")] * 10,
        "a batch of 60,000": ["{a}"] * 60_000,
    }
    for name, queries in batches.items():
        body = json.dumps([{"query": query} for query in queries], separators=(",", ":"))
        yield name, "POST", "/graphql", body.encode()
    yield "490,000 brackets", "POST", "/graphql", b'{"query": "{a}", "variables": {"a": ' + b"[" * 490_000
    yield "lists in lists", "POST", "/graphql", json.dumps({"query": "{a}", "extensions": {"a": _nested()}}).encode()


def _nested() -> list[Any]:
    value: list[Any] = []
    for _ in range(200):
        value = [value]
    return [value] * 2300


def _rest(long: str) -> Iterator[Asked]:
    leads: dict[str, dict[str, Any]] = {
        "REST: 50,000 members of metadata": {"metadata": dict(list(UNKNOWN.items())[:50_000])},
        "REST: 300,000 numbers of metadata": {"metadata": {"a": [1] * 300_000}},
        "REST: 300,000 services": {"preferred_services": [1] * 300_000},
        "REST: a name of 1 MB": {"name": "x" * A_MEGABYTE},
    }
    for name, lead in leads.items():
        yield name, "POST", "/api/v1/leads", json.dumps({"name": "x", **lead}).encode()
    yield "REST: a list of 240,000", "POST", "/api/v1/leads", json.dumps([{}] * 240_000).encode()
    yield "REST: 500 messages of 100,000 characters", "GET", f"/api/v1/conversations/{long}", None
    yield "OpenAPI", "GET", "/openapi.json", None
    yield "metrics", "GET", "/metrics", None


def frames() -> dict[str, list[dict[str, Any]]]:
    """Messages to one socket, by what they do."""
    subscription = "subscription S%d { messageAdded { cursor message { id conversation { %s } } } }"
    leads = " ".join(f"a{number}: lead {{ id name phone email company }}" for number in range(45))
    filtered = "subscription ($f: ConversationFilter) { conversationChanged(filter: $f) { id } }"
    return {
        "a socket: 100 long subscriptions": [
            {"type": "subscribe", "id": str(number), "payload": {"query": subscription % (number, leads)}}
            for number in range(100)
        ],
        "a socket: a ping of 1 MB": [{"type": "ping", "payload": {"a": [{}] * 240_000}}],
        "a socket: 60,000 unknown members of a variable": [
            {"type": "subscribe", "id": "1", "payload": {"query": filtered, "variables": {"f": UNKNOWN}}}
        ],
    }
