"""`graphql-transport-ws`: the handshake, operations, and how a socket ends."""

import json
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import chain
from uuid import uuid4

import pytest
from websockets.exceptions import ConnectionClosed

from gateway.settings import Settings
from gateway_graphql.transports import websocket
from tests.support.organization import SECRET, Organization, token
from tests.support.server import serving
from tests.support.socket import PROTOCOL, acknowledged, opened

NAME = "{ viewer { organizationId } }"
WATCH = "subscription { messageAdded { message { content } } }"


class TestHandshake:
    """Until the socket is acknowledged."""

    @pytest.mark.parametrize("header", ["Authorization", "authorization"])
    def test_the_token_is_in_the_payload(self, organization: Organization, header: str) -> None:
        with opened(organization) as socket:
            assert socket.connection.subprotocol == PROTOCOL
            socket.send("connection_init", payload={header: f"Bearer {token(organization.id)}"})
            assert socket.receive() == {"type": "connection_ack"}
            assert socket.data(NAME) == {"viewer": {"organizationId": str(organization.id)}}

    @pytest.mark.parametrize("payload", [{}, {"payload": {}}, {"payload": None}, {"payload": {"other": 1}}])
    def test_or_in_the_upgrades_header(self, organization: Organization, payload: dict[str, object]) -> None:
        with opened(organization, authorized=True) as socket:
            socket.send("connection_init", **payload)
            assert socket.receive() == {"type": "connection_ack"}

    def test_the_payloads_counts_where_there_are_both(self, organization: Organization, stranger: Organization) -> None:
        with opened(organization, authorized=True) as socket:
            socket.send("connection_init", payload={"Authorization": stranger.http.headers["Authorization"]})
            socket.receive()
            assert socket.data(NAME) == {"viewer": {"organizationId": str(stranger.id)}}

    @pytest.mark.parametrize(
        "given", [None, "", "Bearer", "Bearer x", "Basic abc", "Bearer \ud83d\ude00", "Bearer a.b.c"]
    )
    def test_no_token_that_holds(self, organization: Organization, given: str | None) -> None:
        with opened(organization) as socket:
            socket.send("connection_init", **({} if given is None else {"payload": {"Authorization": given}}))
            assert socket.closed() == 4403

    def test_an_expired_token(self, organization: Organization) -> None:
        old = token(organization.id, exp=datetime.now(UTC) - timedelta(seconds=11))
        with opened(organization) as socket:
            socket.send("connection_init", payload={"Authorization": f"Bearer {old}"})
            assert socket.closed() == 4403

    @pytest.mark.parametrize("subprotocols", [("graphql-ws",), ("other", "soap")])
    def test_another_subprotocol(self, organization: Organization, subprotocols: tuple[str, ...]) -> None:
        with opened(organization, subprotocols=subprotocols) as socket:
            assert socket.closed() == 4406

    def test_no_subprotocol(self, organization: Organization) -> None:
        with opened(organization, subprotocols=()) as socket:
            assert socket.closed() == 4406

    def test_one_of_several_subprotocols(self, organization: Organization) -> None:
        with opened(organization, subprotocols=("graphql-ws", PROTOCOL)) as socket:
            assert socket.connection.subprotocol == PROTOCOL

    def test_an_operation_before_it(self, organization: Organization) -> None:
        with opened(organization, authorized=True) as socket:
            socket.subscribe(NAME)
            assert socket.closed() == 4401

    def test_a_second_one(self, organization: Organization) -> None:
        with acknowledged(organization) as socket:
            socket.send("connection_init")
            assert socket.closed() == 4429

    def test_in_time(self, organization: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(websocket, "INIT_TIMEOUT", 0.2)
        with opened(organization) as socket:
            socket.send("ping")
            assert socket.receive() == {"type": "pong"}
            assert socket.closed() == 4408


class TestMessages:
    """What is taken, and what ends the socket."""

    @pytest.mark.parametrize(
        "text",
        [
            "", "x", "1", "[]", "null", '"ping"', "{}", '{"type": 1}', '{"type": null}', '{"type": []}',
            '{"type": "next", "id": "1", "payload": {}}', '{"type": "connection_ack"}', '{"type": "subscribe"}',
            '{"type": "subscribe", "id": "1"}', '{"type": "subscribe", "id": "", "payload": {"query": "{a}"}}',
            '{"type": "subscribe", "id": 1, "payload": {"query": "{a}"}}',
            '{"type": "subscribe", "id": "1", "payload": []}',
            '{"type": "complete"}', '{"type": "complete", "id": 7}', "[" * 100_000, '{"type": "start", "id": "1"}',
        ],
    )  # fmt: skip
    def test_garbage(self, organization: Organization, text: str) -> None:
        with acknowledged(organization) as socket:
            socket.connection.send(text)
            assert socket.closed() == 4400

    @pytest.mark.parametrize("content", [b"", b"\xff\x00", b'{"type": "ping"}'])
    def test_binary(self, organization: Organization, content: bytes) -> None:
        with acknowledged(organization) as socket:
            socket.connection.send(content)
            assert socket.closed() == 4400

    @pytest.mark.parametrize("size", [1_000_001, 17_000_000])
    def test_too_big(self, organization: Organization, size: int) -> None:
        with acknowledged(organization) as socket:
            try:
                socket.connection.send(json.dumps({"type": "ping", "payload": {"a": "x" * size}}))
                assert socket.closed() == 1009
            except ConnectionClosed:
                assert socket.connection.close_code in {1006, 1009}

    def test_big(self, organization: Organization) -> None:
        payload = {"a": "x" * 900_000}
        with acknowledged(organization) as socket:
            socket.send("ping", payload=payload)
            assert socket.receive() == {"type": "pong", "payload": payload}

    @pytest.mark.parametrize("payload", [{}, {"payload": None}, {"payload": {}}, {"payload": {"a": [1]}}])
    def test_pings_are_answered(self, organization: Organization, payload: dict[str, object]) -> None:
        with acknowledged(organization) as socket:
            socket.send("ping", **payload)
            answer = socket.receive()
            assert answer["type"] == "pong"
            assert answer.get("payload") == payload.get("payload")
            socket.send("pong", **payload)
            assert socket.data("{ __typename }") == {"__typename": "Query"}


class TestOperations:
    """What runs on a socket."""

    def test_a_query(self, organization: Organization) -> None:
        lead = organization.lead(name="Ben")
        with acknowledged(organization) as socket:
            id = socket.subscribe("query ($id: ID!) { lead(id: $id) { name } }", id=str(lead))
            message = socket.receive()
            assert message["payload"]["data"] == {"lead": {"name": "Ben"}}
            assert message["payload"]["extensions"]["cost"]["statements"] == 1
            assert socket.receive() == {"type": "complete", "id": id}

    def test_a_mutation(self, organization: Organization) -> None:
        with acknowledged(organization) as socket:
            mutation = 'mutation { createLead(input: {name: "Zoë 😀"}) { lead { name } userErrors { code } } }'
            created = {"createLead": {"lead": {"name": "Zoë 😀"}, "userErrors": []}}
            assert socket.data(mutation) == created

    @pytest.mark.parametrize(
        ("payload", "code"),
        [
            ({"query": "{"}, "GRAPHQL_PARSE_FAILED"),
            ({"query": "{ nothing }"}, "GRAPHQL_VALIDATION_FAILED"),
            ({"query": "subscription { nothing }"}, "GRAPHQL_VALIDATION_FAILED"),
            ({"query": "query A { __typename }", "operationName": "B"}, "BAD_USER_INPUT"),
            ({"query": "query ($a: Int!) { leads(first: $a) { totalCount } }"}, "BAD_USER_INPUT"),
            ({"query": 'subscription { messageAdded(after: "x") { cursor } }'}, "BAD_USER_INPUT"),
            ({"query": 'subscription { messageAdded(conversationId: "x") { cursor } }'}, "BAD_USER_INPUT"),
            ({"query": f'subscription {{ messageAdded(conversationId: "{uuid4()}") {{ cursor }} }}'}, "NOT_FOUND"),
            ({"query": 'subscription { conversationChanged(filter: {leadId: "x"}) { id } }'}, "BAD_USER_INPUT"),
            ({"query": 'subscription { leadChanged(filter: {search: "\\u0000"}) { id } }'}, "BAD_USER_INPUT"),
            ({"query": "subscription A($c: ID!) { messageAdded(conversationId: $c) { cursor } }"}, "BAD_USER_INPUT"),
            ({"query": "subscription { leadChanged { id } conversationChanged { id } }"}, "GRAPHQL_VALIDATION_FAILED"),
            ({"query": 1}, "BAD_USER_INPUT"),
            ({"query": "{ __typename }", "variables": []}, "BAD_USER_INPUT"),
            ({}, "BAD_USER_INPUT"),
            ({"documentId": "unknown"}, "PERSISTED_QUERY_NOT_FOUND"),
            ({"query": "{" + "leads{nodes{conversations{nodes{lead{" * 4 + "id" + "}" * 21}, "QUERY_TOO_COMPLEX"),
        ],
    )
    def test_a_bad_one_ends_alone(self, organization: Organization, payload: dict[str, object], code: str) -> None:
        with acknowledged(organization) as socket:
            socket.send("subscribe", id="bad", payload=payload)
            message = socket.receive()
            assert (message["type"], message["id"]) == ("error", "bad"), message
            assert message["payload"][0]["extensions"]["code"] == code, message
            assert socket.data("{ __typename }") == {"__typename": "Query"}
            socket.send("subscribe", id="bad", payload={"query": "{ __typename }"})
            assert socket.receive()["type"] == "next"

    def test_several_at_once(self, organization: Organization) -> None:
        conversation = organization.conversation()
        with acknowledged(organization) as socket:
            ids = {socket.subscribe(WATCH) for _ in range(3)}
            socket.settle()
            organization.message(conversation, "one")
            received = [socket.receive() for _ in ids]
        assert {message["id"] for message in received} == ids
        assert all(m["payload"]["data"]["messageAdded"]["message"]["content"] == "one" for m in received)

    def test_an_id_in_use(self, organization: Organization) -> None:
        with acknowledged(organization) as socket:
            for _ in range(2):
                socket.send("subscribe", id="a", payload={"query": WATCH})
            assert socket.closed() == 4409

    def test_an_id_is_free_after_complete(self, organization: Organization) -> None:
        conversation = organization.conversation()
        with acknowledged(organization) as socket:
            for _ in range(20):
                socket.send("subscribe", id="a", payload={"query": WATCH})
                socket.send("complete", id="a")
            socket.send("subscribe", id="a", payload={"query": WATCH})
            socket.settle()
            organization.message(conversation, "once")
            assert socket.next("a")["messageAdded"]["message"]["content"] == "once"
            socket.send("subscribe", id="a", payload={"query": WATCH})
            assert socket.closed() == 4409

    def test_complete_stops_it(self, organization: Organization) -> None:
        conversation = organization.conversation()
        with acknowledged(organization) as socket:
            stopped, going = socket.subscribe(WATCH), socket.subscribe(WATCH)
            socket.settle()
            socket.send("complete", id=stopped)
            socket.send("complete", id="unknown")
            socket.settle()
            organization.message(conversation, "two")
            assert socket.next(going)["messageAdded"]["message"]["content"] == "two"
            assert socket.silent()

    def test_scopes_are_checked(self, organization: Organization) -> None:
        allowed = {
            "conversations:read": ["messageAdded { cursor }", "conversationChanged { id }"],
            "leads:read": ["leadChanged { id }"],
        }
        for scope, fields in allowed.items():
            with acknowledged(organization, f"Bearer {token(organization.id, scope=scope)}") as socket:
                for field in chain.from_iterable(allowed.values()):
                    id = socket.subscribe(f"subscription {{ {field} }}")
                    if field not in fields:
                        message = socket.receive()
                        assert (message["type"], message["id"]) == ("error", id)
                        assert message["payload"][0]["extensions"] == {"code": "FORBIDDEN"}
                assert socket.silent(0.1)


class TestTheEnd:
    """How a socket ends."""

    @pytest.mark.parametrize("seconds", [2.5, -8.5])
    def test_the_token_expires(self, organization: Organization, seconds: float) -> None:
        soon = token(organization.id, exp=datetime.now(UTC) + timedelta(seconds=seconds))
        with acknowledged(organization, f"Bearer {soon}") as socket:
            socket.subscribe(WATCH)
            assert socket.closed(timeout=8) == 4403

    def test_the_gateway_stops(self, organization: Organization, database_url: str) -> None:
        settings = Settings(database_url=database_url, jwt_secret=SECRET, _env_file=None)
        with ExitStack() as open_sockets:
            with serving(settings) as organization.url:
                socket = open_sockets.enter_context(acknowledged(organization))
                socket.subscribe(WATCH)
                socket.settle()
            assert socket.closed() in {1001, 1012}
