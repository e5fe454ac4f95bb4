"""Strangers: rows of another organization, and of none, to be asked for; and the answers, compared byte by byte."""

import base64
import json
from collections.abc import Callable
from typing import NamedTuple
from uuid import uuid4

import httpx

from tests.support.organization import Organization
from tests.support.socket import acknowledged


class Ids(NamedTuple):
    """What is asked for: rows of one organization, or of none, and cursors that they stand at."""

    lead: str
    conversation: str
    message: str
    conversations_cursor: str
    leads_cursor: str
    messages_cursor: str
    search_cursor: str
    event_cursor: str


Ask = Callable[[httpx.Client, Ids], httpx.Response]
CURSORS = """query ($id: ID!) {
    conversations(first: 1) { pageInfo { endCursor } } leads(first: 1) { pageInfo { endCursor } }
    conversation(id: $id) { messages(first: 1) { pageInfo { endCursor } } }
    searchMessages(query: "word", first: 1) { pageInfo { endCursor } }
}"""
NAMES = ("conversations", "leads", "conversation", "searchMessages")


def filled(organization: Organization) -> Ids:
    """A lead with a conversation and messages of the organization."""
    lead = organization.lead()
    conversation = organization.conversation(lead)
    with acknowledged(organization) as socket:
        id = socket.subscribe("subscription { messageAdded { cursor } }")
        socket.settle()
        message = organization.message(conversation, "a word")
        event = socket.next(id)["messageAdded"]["cursor"]
    organization.message(conversation, "another word")
    found = organization.graphql(CURSORS, id=str(conversation))
    pages = [(found[name] or {}).get("messages", found[name])["pageInfo"]["endCursor"] for name in NAMES]
    return Ids._make([str(lead), str(conversation), str(message), *pages, event])


def nobodys(ids: Ids) -> Ids:
    """Ids that there are not, and cursors of the same places with them."""
    return Ids._make([*(str(uuid4()) for _ in range(3)), *map(_moved, ids[3:7]), ids.event_cursor])


def _moved(cursor: str) -> str:
    parts = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    parts[-1] = str(uuid4()) if isinstance(parts[-1], str) else parts[-1] + 1
    return base64.urlsafe_b64encode(json.dumps(parts, separators=(",", ":")).encode()).rstrip(b"=").decode()


def graphql(query: str, name: str, *, stream: bool = False, **more: object) -> Ask:
    """Ask with one of the ids, or cursors, as the variable `x`."""

    def ask(client: httpx.Client, ids: Ids) -> httpx.Response:
        headers = {"Accept": "text/event-stream"} if stream else {}
        variables = {"x": getattr(ids, name), **more}
        return client.post("/graphql", json={"query": query, "variables": variables}, headers=headers)

    return ask


def rest(method: str, path: str, json: object = None, **headers: str) -> Ask:
    """Ask for a path, in which `{lead}` and the like are the ids'."""

    def ask(client: httpx.Client, ids: Ids) -> httpx.Response:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return client.request(method, "/api/v1" + path.format(**ids._asdict()), json=json, headers=sent)

    return ask


def answered(response: httpx.Response, ids: Ids) -> tuple[object, ...]:
    """The bytes of an answer, in which what was asked for is called by its name."""
    headers = {name: value for name, value in response.headers.items() if name not in {"x-request-id", "date"}}
    written = response.content.decode()
    for name, value in ids._asdict().items():
        written = written.replace(value, name)
        headers = {header: text.replace(value, name) for header, text in headers.items()}
    if written != response.text:
        headers.pop("etag", None)  # it is of the very bytes
    return response.status_code, headers, written
