"""Whatever is asked and whatever goes wrong: what a process writes holds no token, and nothing of what people wrote."""

import json
import time
from collections.abc import Callable
from contextlib import suppress
from uuid import uuid4

import httpx
import jwt
import psycopg
import pytest
from websockets.exceptions import ConnectionClosed

from gateway.database.migrate import migrate
from tests.support.chaos.processes import Gateway, running
from tests.support.organization import SECRET, Organization
from tests.support.socket import acknowledged, opened

WRITTEN = "Grüße: my number is 0049-SECRET-7"
"""What a customer wrote, in every place that takes it."""


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_of_a_whole_run(new_database: Callable[[], str], log_format: str) -> None:
    url = new_database()
    migrate(url)
    gateway = Gateway(
        url, LOG_LEVEL="DEBUG", LOG_FORMAT=log_format, SLOW_MILLISECONDS=1, STATEMENT_TIMEOUT=0.5, BUDGET=1000,
        DOCUMENTS_MODE="log", REQUEST_TIMEOUT=5,
    )  # fmt: skip
    with psycopg.connect(url, autocommit=True) as connection:
        with running(gateway), Organization(connection, gateway.url) as organization:
            ask_well(organization)
            ask_badly(organization)
            on_sockets(organization)
            unforeseen(organization)
            gateway.process.terminate()
            told = gateway.told()
        token = organization.http.headers["Authorization"].removeprefix("Bearer ")
    assert told.count("/api/v1/leads") >= 3, "it did write"
    assert "internal error" in told
    assert "slow" in told
    for secret in (token, *token.split("."), SECRET, "SECRET-7", json.dumps(WRITTEN)[1:8], "Grüße", "Eve's"):
        assert secret not in told, [line for line in told.splitlines() if secret in line]


def ask_well(organization: Organization) -> None:
    """Write and read everything once."""
    create = "mutation ($i: CreateLeadInput!) { createLead(input: $i) { lead { id } } }"
    values = dict.fromkeys(("name", "phone", "email", "company", "channelId", "appointmentNotes"), WRITTEN)
    given = {**values, "metadata": {WRITTEN: WRITTEN}, "preferredServices": [WRITTEN], "idempotencyKey": WRITTEN}
    lead = organization.graphql(create, i=given)["createLead"]["lead"]["id"]
    conversation = str(organization.conversation(lead, session_key=WRITTEN))
    add = """mutation ($id: ID!, $text: String!) { addMessage(input: {conversationId: $id, role: USER, content: $text,
        metadata: {written: $text}}) { message { content } } }"""
    add = add.replace("{written: $text}", "$m").replace("$text: String!", "$text: String!, $m: JSON")
    organization.graphql(add, id=conversation, text=WRITTEN, m={"written": WRITTEN})
    organization.graphql(f'{{ searchMessages(query: "{WRITTEN}") {{ nodes {{ content }} }} }}')
    organization.graphql("query ($s: String) { leads(filter: {search: $s}) { nodes { name metadata } } }", s=WRITTEN)
    organization.http.get("/api/v1/leads", params={"search": WRITTEN})
    organization.http.get(f"/api/v1/conversations/{conversation}")
    organization.http.patch(f"/api/v1/leads/{lead}", json={"name": WRITTEN, "metadata": {"a": WRITTEN}})
    organization.http.post("/api/v1/leads", json={"name": WRITTEN}, headers={"Idempotency-Key": "SECRET-7"})


def ask_badly(organization: Organization) -> None:
    """Ask for what is refused, by whichever room."""
    http = organization.http
    for document in (
        f'{{ {"a" * 10}("{WRITTEN}") }}',
        f'{{ nothing(x: "{WRITTEN}") }}',
        f'{{ node(id: "{WRITTEN}") {{ id }} }}',
    ):
        http.post("/graphql", json={"query": document})
        http.get("/graphql", params={"query": document, "token": WRITTEN})
    http.post(
        "/graphql", json={"query": "query ($s: LeadStatus) { leads { totalCount } }", "variables": {"s": WRITTEN}}
    )
    http.post("/graphql", content=f'{{"query": "{WRITTEN}', headers={"Content-Type": "application/json"})
    http.post("/api/v1/leads", json={"name": WRITTEN, "status": WRITTEN, "metadata": WRITTEN, "phone": WRITTEN * 100})
    http.post("/api/v1/leads", content=WRITTEN.encode(), headers={"Content-Type": "application/json"})
    http.get(f"/api/v1/leads/{uuid4()}", params={"page": WRITTEN})
    headers = {"X-Request-ID": "a\tb", "Cookie": "c=SECRET-7", "Referer": "https://x/SECRET-7", "User-Agent": "Eve's"}
    http.get("/nothing", params={"q": WRITTEN}, headers=headers)
    good = http.headers["Authorization"].removeprefix("Bearer ")
    for token in (good[:-4], good + "x", jwt.encode({"sub": WRITTEN}, SECRET), "SECRET-7", WRITTEN.encode().hex()):
        httpx.get(f"{organization.url}/api/v1/leads", headers={"Authorization": f"Bearer {token}"})
    for _ in range(20):
        http.post(
            "/graphql", json={"query": "{ leads(first: 100) { nodes { conversations(first: 100) { nodes { id } } } } }"}
        )


def on_sockets(organization: Organization) -> None:
    """Subscribe, hear what was written, and do it wrong."""
    with acknowledged(organization) as socket:
        id = socket.subscribe("subscription { messageAdded { message { content } } }")
        time.sleep(0.3)
        organization.message(organization.conversation(), WRITTEN)
        socket.next(id)
        socket.send("ping", payload={"a": WRITTEN})
        socket.receive()
        socket.connection.send(WRITTEN)
        socket.closed()
    with opened(organization) as socket, suppress(ConnectionClosed):
        socket.send("connection_init", payload={"Authorization": f"Bearer {WRITTEN}"})
        socket.closed()
    stream = {"query": "subscription { leadChanged { name } }", "variables": {"x": WRITTEN}}
    with organization.http.stream("POST", "/graphql", json=stream, headers={"Accept": "text/event-stream"}) as events:
        organization.lead(name=WRITTEN)
        next(events.iter_lines())


def unforeseen(organization: Organization) -> None:
    """Let the database fail in ways that nobody foresaw, with words that quote what it was given."""
    fail = """CREATE FUNCTION fails() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION USING ERRCODE = {code}, MESSAGE = {message}, DETAIL = NEW.content; END $$"""
    trigger = "CREATE TRIGGER fails BEFORE INSERT ON messages FOR EACH ROW EXECUTE FUNCTION fails()"
    conversation = str(organization.conversation())
    add = """mutation ($id: ID!, $t: String!) {
        addMessage(input: {conversationId: $id, role: USER, content: $t}) { message { id } } }"""
    for code, message in (
        ("'22P02'", "'invalid input: ' || NEW.content"),
        ("'23514'", "'new row violates it'"),
        ("'XX000'", "'oh'"),
    ):
        organization.sql(fail.format(code=code, message=message))
        organization.sql(trigger)
        assert organization.graphql_errors(add, id=conversation, t=WRITTEN)[0]["extensions"]["code"] == "INTERNAL"
        organization.sql("DROP FUNCTION fails CASCADE")
    organization.sql("ALTER TABLE leads RENAME COLUMN company TO firm")
    organization.graphql_errors("{ leads { nodes { company } } }")
    organization.http.get("/api/v1/leads", params={"status": "new"})
    organization.sql("ALTER TABLE leads RENAME COLUMN firm TO company")
