"""Another organization's rows do not exist: on every path they are answered with the same bytes as what nobody has."""

import json
import re
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest

from gateway.database.admin.transfer import export_lines
from gateway.database.conversations import conversations_by_id
from gateway.database.leads import leads_by_id
from gateway.database.messages import messages_by_id
from gateway.database.tenant import Tenant
from gateway.settings import Settings
from tests.support.organization import Organization
from tests.support.plans import Recorder, explained, nodes
from tests.support.server import serving
from tests.support.strangers import Ask, Ids, answered, filled, graphql, nobodys, rest

X = "query ($x: ID!)"
MISSING_INPUT = "userErrors { code message field }"
READS: dict[str, Ask] = {
    "node, a lead": graphql(f"{X} {{ node(id: $x) {{ __typename id }} }}", "lead"),
    "node, a conversation": graphql(f"{X} {{ node(id: $x) {{ __typename id }} }}", "conversation"),
    "node, a message": graphql(f"{X} {{ node(id: $x) {{ __typename id }} }}", "message"),
    "nodes": graphql(f"{X} {{ nodes(ids: [$x, $x]) {{ __typename id }} }}", "conversation"),
    "lead": graphql(f"{X} {{ lead(id: $x) {{ id name conversations {{ totalCount }} }} }}", "lead"),
    "conversation": graphql(
        f"{X} {{ conversation(id: $x) {{ id lead {{ name }} messages {{ totalCount nodes {{ content }} }} }} }}",
        "conversation",
    ),
    "message": graphql(f"{X} {{ message(id: $x) {{ content conversation {{ id }} }} }}", "message"),
    "conversations of a lead": graphql(
        f"{X} {{ conversations(filter: {{leadId: $x}}) {{ totalCount nodes {{ id }} pageInfo {{ hasNextPage }} }} }}",
        "lead",
    ),
    "search in a conversation": graphql(
        f'{X} {{ searchMessages(query: "word", conversationId: $x) {{ totalCount nodes {{ content }} }} }}',
        "conversation",
    ),
    "GET conversation": rest("GET", "/conversations/{conversation}"),
    "HEAD conversation": rest("HEAD", "/conversations/{conversation}"),
    "GET conversation, a problem": rest("GET", "/conversations/{conversation}", accept="application/problem+json"),
    "GET conversation, known": rest("GET", "/conversations/{conversation}", if_none_match="*"),
    "GET messages": rest("GET", "/conversations/{conversation}/messages?limit=1&offset=1"),
    "GET lead": rest("GET", "/leads/{lead}"),
    "GET conversations of a lead": rest("GET", "/conversations?lead_id={lead}"),
}
SAME_FOR_ALL: dict[str, Ask] = {
    "prefer graphql": rest("GET", "/conversations/{conversation}", prefer="graphql"),
    "conversation, wrong method": rest("DELETE", "/conversations/{conversation}"),
    "conversation, wrong body": rest("PATCH", "/conversations/{conversation}", {"status": "open"}),
    "lead, wrong body": rest("PATCH", "/leads/{lead}", {"name": ""}),
    "lead, no body": rest("PATCH", "/leads/{lead}"),
    "messages, wrong page": rest("GET", "/conversations/{conversation}/messages?limit=0"),
    "wrong arguments": graphql(f"{X} {{ conversation(id: $x) {{ messages(first: -1) {{ totalCount }} }} }}", "message"),
    "a type's id for another's": graphql(f"{X} {{ lead(id: $x) {{ id }} message(id: $x) {{ id }} }}", "conversation"),
}
WRITES: dict[str, Ask] = {
    "updateConversationStatus": graphql(
        "mutation ($x: ID!) { updateConversationStatus(input: {id: $x, status: COMPLETED})"
        f" {{ conversation {{ id }} {MISSING_INPUT} }} }}",
        "conversation",
    ),
    "startConversation": graphql(
        'mutation ($x: ID!) { startConversation(input: {leadId: $x, channel: WEB, sessionKey: "s"})'
        f" {{ conversation {{ id }} {MISSING_INPUT} }} }}",
        "lead",
    ),
    "startConversation, with a key": graphql(
        "mutation ($x: ID!) {"
        ' startConversation(input: {leadId: $x, channel: WEB, sessionKey: "s", idempotencyKey: "k"})'
        f" {{ conversation {{ id }} {MISSING_INPUT} }} }}",
        "lead",
    ),
    "addMessage": graphql(
        'mutation ($x: ID!) { addMessage(input: {conversationId: $x, role: USER, content: "Hello"})'
        f" {{ message {{ id }} {MISSING_INPUT} }} }}",
        "conversation",
    ),
    "updateLead": graphql(
        f'mutation ($x: ID!) {{ updateLead(input: {{id: $x, name: "Eve"}}) {{ lead {{ id }} {MISSING_INPUT} }} }}',
        "lead",
    ),
    "PATCH conversation": rest("PATCH", "/conversations/{conversation}", {"status": "escalated"}),
    "PATCH conversation, as seen": rest("PATCH", "/conversations/{conversation}", {"status": "active"}, if_match="*"),
    "PATCH lead": rest("PATCH", "/leads/{lead}", {"name": "Mallory"}),
    "PATCH lead, as seen": rest("PATCH", "/leads/{lead}", {"name": "Trudy"}, if_match='"none"'),
}
PAGES: dict[str, Ask] = {
    "conversations": graphql(
        "query ($x: String) { conversations(first: 5, after: $x) { nodes { id } pageInfo { endCursor hasNextPage } } }",
        "conversations_cursor",
    ),
    "conversations, backwards": graphql(
        "query ($x: String) { conversations(last: 5, before: $x) { nodes { id } pageInfo { hasPreviousPage } } }",
        "conversations_cursor",
    ),
    "leads": graphql("query ($x: String) { leads(first: 5, after: $x) { edges { cursor } } }", "leads_cursor"),
    "search": graphql(
        'query ($x: String) { searchMessages(query: "word", first: 5, after: $x) { edges { cursor } } }',
        "search_cursor",
    ),
}


@pytest.mark.parametrize("case", READS | WRITES | SAME_FOR_ALL)
def test_what_is_another_organization_s_is_what_nobody_has(
    organization: Organization, stranger: Organization, theirs: Ids, case: str
) -> None:
    ask, missing = (READS | WRITES | SAME_FOR_ALL)[case], nobodys(theirs)
    before = contents(stranger)
    found = answered(ask(organization.http, theirs), theirs)
    assert found == answered(ask(organization.http, missing), missing)
    assert contents(stranger) == before
    own = answered(ask(stranger.http, theirs), theirs)
    assert (own == found) == (case in SAME_FOR_ALL), "their own token finds it"


def contents(organization: Organization) -> list[list[tuple[Any, ...]]]:
    tables = ("leads", "conversations", "messages", "idempotency_keys", "row_counts")
    return [
        organization.sql(f"SELECT * FROM {table} WHERE organization_id = %s ORDER BY 1, 2", organization.id)
        for table in tables
    ]


@pytest.mark.parametrize("case", PAGES)
def test_a_cursor_is_a_place_and_tells_nothing_of_whose_it_is(
    organization: Organization, theirs: Ids, case: str
) -> None:
    filled(organization)
    missing = nobodys(theirs)
    found = PAGES[case](organization.http, theirs).json()["data"]
    assert found == PAGES[case](organization.http, missing).json()["data"]
    own = json.dumps(found)
    assert not any(id in own for id in theirs[:3])


def test_entities_of_another_organization(settings: Settings, organization: Organization, theirs: Ids) -> None:
    federated = settings.model_copy(update={"federation": True})
    query = "query ($x: [_Any!]!) { _entities(representations: $x) { __typename ... on Lead { id } } }"

    def ask(client: httpx.Client, ids: Ids) -> httpx.Response:
        kinds = {"Lead": ids.lead, "Conversation": ids.conversation, "Message": ids.message}
        keys = [{"__typename": kind, "id": id} for kind, id in kinds.items()]
        return client.post("/graphql", json={"query": query, "variables": {"x": keys}})

    missing = nobodys(theirs)
    with serving(federated) as organization.url, organization.client() as client:
        found = ask(client, theirs)
        assert found.json()["data"] == {"_entities": [None, None, None]}
        assert answered(found, theirs) == answered(ask(client, missing), missing)


async def test_a_row_of_another_organization_is_not_even_looked_at(
    database_url: str, organization: Organization, theirs: Ids
) -> None:
    recorder = Recorder(database_url, size=1, timeout=5, statement_timeout=5)
    recorder.asked = []
    await recorder.open()
    tenant = Tenant(recorder, organization.id)
    for by_id, id in ((leads_by_id, theirs[0]), (conversations_by_id, theirs[1]), (messages_by_id, theirs[2])):
        assert await by_id(tenant, [UUID(id)]) == [None]
        assert await by_id(tenant, [uuid4()]) == [None]
    await recorder.close()
    with psycopg.connect(database_url) as planner:
        planner.execute("SET enable_seqscan = off")  # which is soon enough among few rows
        for asked in recorder.asked:
            plan = list(nodes(explained(planner, "force_generic_plan", asked)))
            (found,) = (node["Index Cond"] for node in plan if "Index Cond" in node)
            assert "organization_id = $" in found
            assert not any(node["Actual Rows"] or node.get("Rows Removed by Filter") for node in plan)


def test_an_export_holds_one_organization(walled_url: str, organization: Organization, theirs: Ids) -> None:
    own = filled(organization)
    exported = b"".join(export_lines(walled_url, organization.id)).decode()
    assert re.findall('"id":"([^"]+)"', exported)[:2] == [own.lead, own.conversation]
    assert not any(id in exported for id in theirs[:3])
