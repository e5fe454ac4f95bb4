"""Python's gql client, as its manual has it."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from gql import Client, GraphQLRequest
from gql.transport.exceptions import TransportConnectionFailed, TransportQueryError, TransportServerError
from gql.transport.httpx import HTTPXAsyncTransport
from gql.transport.websockets import WebsocketsTransport

from tests.support.organization import Organization

CREATE = """mutation ($input: CreateLeadInput!) {
  createLead(input: $input) { lead { id name preferredServices createdAt } userErrors { code } }
}"""
PAGE = """query ($first: Int!, $after: String, $filter: LeadFilter) {
  leads(first: $first, after: $after, filter: $filter) { nodes { name } pageInfo { hasNextPage endCursor } }
}"""
WATCH = "subscription ($id: ID) { messageAdded(conversationId: $id) { cursor message { content } } }"


def http(organization: Organization, **headers: str) -> HTTPXAsyncTransport:
    headers = {"Authorization": organization.http.headers["Authorization"], **headers}
    return HTTPXAsyncTransport(url=f"{organization.url}/graphql", headers=headers, verify=False)


def socket(organization: Organization, **payload: Any) -> WebsocketsTransport:
    payload = {"Authorization": organization.http.headers["Authorization"], **payload}
    url = organization.url.replace("http", "ws", 1) + "/graphql"
    return WebsocketsTransport(url=url, init_payload=payload, connect_args={"proxy": None})


async def test_queries_and_mutations(organization: Organization) -> None:
    # The client reads the schema first, and checks its documents against it.
    async with Client(transport=http(organization), fetch_schema_from_transport=True) as client:
        for name in ("Ada", "Ben", "Zoë 😀"):
            input = {"name": name, "channel": "EMAIL", "preferredServices": ["cut"]}
            created = await client.execute(GraphQLRequest(CREATE, variable_values={"input": input}))
            assert created["createLead"]["lead"]["name"] == name
        assert client.client.schema is not None
        assert client.client.schema.get_type("MessageAddedEvent") is not None
        names, after = [], None
        for _ in range(3):
            variables = {"first": 1, "after": after, "filter": {"channel": ["EMAIL"]}}
            page = (await client.execute(GraphQLRequest(PAGE, variable_values=variables)))["leads"]
            names += [node["name"] for node in page["nodes"]]
            after = page["pageInfo"]["endCursor"]
        assert names == ["Zoë 😀", "Ben", "Ada"]
        assert page["pageInfo"]["hasNextPage"] is False


async def test_errors_are_told(organization: Organization) -> None:
    async with Client(transport=http(organization)) as client:
        with pytest.raises(TransportQueryError) as raised:
            await client.execute(GraphQLRequest(PAGE, variable_values={"first": 101}))
    assert raised.value.errors is not None
    assert raised.value.errors[0]["extensions"] == {"code": "BAD_USER_INPUT"}
    with pytest.raises((TransportQueryError, TransportServerError)) as refused:
        async with Client(transport=http(organization, Authorization="Bearer x")) as client:
            await client.execute(GraphQLRequest(PAGE, variable_values={"first": 1}))
    assert "401" in str(refused.value) or "UNAUTHENTICATED" in str(refused.value)


async def test_a_subscription(organization: Organization) -> None:
    conversation = organization.conversation()
    async with Client(transport=socket(organization)) as client:
        # A socket takes queries as well.
        assert (await client.execute(GraphQLRequest("{ viewer { userId } }")))["viewer"] == {"userId": "user-1"}
        events = client.subscribe(GraphQLRequest(WATCH, variable_values={"id": str(conversation)}))
        first = asyncio.ensure_future(anext(events))
        await asyncio.sleep(0.3)
        for text in ("one", "two"):
            organization.message(conversation, text)
        told = [await first, await anext(events)]
        await events.aclose()
    assert [event["messageAdded"]["message"]["content"] for event in told] == ["one", "two"]


async def test_a_subscription_that_cannot_be(organization: Organization) -> None:
    async with Client(transport=socket(organization)) as client:
        with pytest.raises(TransportQueryError) as raised:
            await anext(client.subscribe(GraphQLRequest(WATCH, variable_values={"id": str(uuid4())})))
    assert raised.value.errors is not None
    assert raised.value.errors[0]["extensions"] == {"code": "NOT_FOUND"}


async def test_a_socket_without_a_token_that_holds(organization: Organization) -> None:
    with pytest.raises((TransportConnectionFailed, TransportServerError)) as raised:
        async with Client(transport=socket(organization, Authorization="Bearer x")):
            pytest.fail("it was let in")
    assert "4403" in repr(raised.value.__cause__ or raised.value)
