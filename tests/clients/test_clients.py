"""Clients and code generators that frontends use, each as its manual has it."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg

from gateway.settings import Settings
from gateway_graphql import subgraph
from tests.support.organization import Organization
from tests.support.server import serving

ROOT = Path(__file__).parents[2]
SCHEMA = ROOT / "schema.graphql"
EXAMPLES = ROOT / "graphql" / "gateway_graphql" / "explorer" / "plain" / "examples.graphql"
BOOKINGS = """
extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key", "@shareable"])
type Query { bookings(first: Int): [Booking!]! }
type Booking { at: String! lead: Lead! conversation: Conversation }
type Lead @key(fields: "id") { id: ID! bookings: [Booking!]! }
type Conversation @key(fields: "id", resolvable: false) { id: ID! }
type PageInfo @shareable { hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String endCursor: String }
"""
"""What another subgraph of the same company may look like."""
OPERATIONS = {
    "Inbox": """query NAME($first: Int!, $after: String, $filter: ConversationFilter) {
  conversations(first: $first, after: $after, filter: $filter, orderBy: {field: CREATED_AT, direction: ASC}) {
    edges { cursor node { id status channel lead { id name metadata } lastMessage { id content createdAt } } }
    pageInfo { hasNextPage endCursor }
  }
}""",
    "Send": """mutation NAME($input: AddMessageInput!) {
  addMessage(input: $input) { message { id conversation { id messageCount } } userErrors { code message field } }
}""",
    "Watch": """subscription NAME($id: ID, $after: String) {
  messageAdded(conversationId: $id, after: $after) { cursor message { id role content } }
}""",
    "Anything": """query NAME($id: ID!) {
  node(id: $id) { __typename id ... on Lead { name } ... on Conversation { status } }
}""",
}


def test_apollo_graphql_ws_and_graphql_sse(organization: Organization, node: Callable[..., Any]) -> None:
    answers = node("clients.js", f"{organization.url}/graphql", organization.http.headers["Authorization"])
    assert answers == {
        "before": 0,
        "byHash": [["POST", False]],
        "cached": 1,
        "overWs": ["one", "two"],
        "once": [{"__typename": "Query"}],
        "overSse": ["one", "two"],
    }


def run(packages: Path, folder: Path, *command: str) -> None:
    (folder / "node_modules").symlink_to(packages)
    program = str(packages / ".bin" / command[0])
    done = subprocess.run([program, *command[1:]], cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_relay_compiler(packages: Path, tmp_path: Path) -> None:
    (tmp_path / "schema.graphql").write_text(SCHEMA.read_text())
    (tmp_path / "src").mkdir()
    kinds = {"Inbox": "Query", "Send": "Mutation", "Watch": "Subscription", "Anything": "Query"}
    for name, text in OPERATIONS.items():
        named = text.replace("NAME", f"{name}{kinds[name]}", 1)
        (tmp_path / "src" / f"{name}.ts").write_text(f"import {{ graphql }} from 'relay-runtime';\ngraphql`{named}`;\n")
    (tmp_path / "src" / "Paging.ts").write_text(
        """import { graphql } from 'relay-runtime';
graphql`fragment Paging_lead on Lead @refetchable(queryName: "PagingQuery")
@argumentDefinitions(count: {type: "Int", defaultValue: 10}, cursor: {type: "String"}) {
  conversations(first: $count, after: $cursor) @connection(key: "Paging_conversations") { edges { node { id } } }
}`;
"""
    )
    settings = {
        "src": "./src", "schema": "./schema.graphql", "language": "typescript",
        "customScalarTypes": {"DateTime": "string", "JSON": "unknown"},
        "persistConfig": {"file": "./persisted.json", "algorithm": "SHA256"},
    }  # fmt: skip
    (tmp_path / "relay.config.json").write_text(json.dumps(settings))
    (tmp_path / "persisted.json").write_text("{}")
    run(packages, tmp_path, "relay-compiler", "relay.config.json")
    generated = {path.name for path in tmp_path.rglob("__generated__/*.ts")}
    assert {"InboxQuery.graphql.ts", "WatchSubscription.graphql.ts", "PagingQuery.graphql.ts"} <= generated
    assert len(json.loads((tmp_path / "persisted.json").read_text())) == 5


def test_graphql_codegen(packages: Path, tmp_path: Path) -> None:
    (tmp_path / "schema.graphql").write_text(SCHEMA.read_text())
    for name, text in OPERATIONS.items():
        (tmp_path / f"{name}.ts").write_text(
            f"import {{ graphql }} from './gql';\ngraphql(`{text.replace('NAME', name, 1)}`);\n"
        )
    settings = {
        "schema": "schema.graphql", "documents": ["*.ts"],
        "generates": {"./gql/": {"preset": "client", "presetConfig": {"persistedDocuments": True}}},
    }  # fmt: skip
    (tmp_path / "codegen.json").write_text(json.dumps(settings))
    run(packages, tmp_path, "graphql-codegen", "--config", "codegen.json")
    assert "AddMessageInput" in (tmp_path / "gql" / "graphql.ts").read_text()
    assert len(json.loads((tmp_path / "gql" / "persisted-documents.json").read_text())) == len(OPERATIONS)


def test_graphql_eslint(packages: Path, tmp_path: Path) -> None:
    (tmp_path / "schema.graphql").write_text(SCHEMA.read_text())
    (tmp_path / "operations").mkdir()
    for name, text in OPERATIONS.items():
        (tmp_path / "operations" / f"{name}.graphql").write_text(text.replace("NAME", name, 1))
    (tmp_path / "operations" / "examples.graphql").write_text(EXAMPLES.read_text().replace("query Inbox", "query Page"))
    shutil.copy(Path(__file__).with_name("eslint.config.js"), tmp_path)
    run(packages, tmp_path, "eslint", "schema.graphql", "operations")


def test_a_router_asks_us_for_what_another_subgraph_names(
    connection: psycopg.Connection, settings: Settings, node: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "conversations.graphql").write_text(subgraph.sdl())
    (tmp_path / "bookings.graphql").write_text(BOOKINGS)
    query = """{
      bookings { at lead { name conversations(first: 1) { nodes { status messageCount } } } }
      leads(first: 5, orderBy: {field: NAME, direction: ASC}) { nodes { name bookings { at } } }
    }"""
    with (
        serving(settings.model_copy(update={"federation": True})) as url,
        Organization(connection, url) as organization,
    ):
        ada, _ = organization.lead(name="Ada"), organization.lead(name="Bo")
        organization.message(organization.conversation(ada), "Hello")
        told = node(
            "federate.js", str(tmp_path / "conversations.graphql"), str(tmp_path / "bookings.graphql"),
            f"{url}/graphql", organization.http.headers["Authorization"], str(ada), query,
        )  # fmt: skip
    at = "2026-05-04T10:00:00Z"
    assert told == {
        "errors": [],
        "hints": [],
        "answer": {
            "data": {
                "bookings": [
                    {
                        "at": at,
                        "lead": {"name": "Ada", "conversations": {"nodes": [{"status": "ACTIVE", "messageCount": 1}]}},
                    }
                ],
                "leads": {"nodes": [{"name": "Ada", "bookings": [{"at": at}]}, {"name": "Bo", "bookings": []}]},
            }
        },
    }
