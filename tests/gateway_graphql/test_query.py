"""The neighbours of happy paths: anonymous, of another organization, missing, malformed, without scope."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from tests.support.organization import Organization

ONE = ("conversation", "lead", "message", "node")
OF_CONVERSATIONS = ("conversation", "message")
NODES = "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"


def write(organization: Organization) -> dict[str, UUID]:
    """One row of each type."""
    lead = organization.lead()
    conversation = organization.conversation(lead)
    message = organization.message(conversation)
    return {"lead": lead, "conversation": conversation, "message": message, "node": lead}


def ask(client: httpx.Client, query: str, **variables: object) -> dict[str, Any]:
    body: dict[str, Any] = client.post("/graphql", json={"query": query, "variables": variables}).json()
    return body


def by_id(field: str) -> str:
    return f"query ($id: ID!) {{ {field}(id: $id) {{ __typename id }} }}"


@pytest.mark.parametrize("field", ONE)
def test_its_own(organization: Organization, field: str) -> None:
    id = str(write(organization)[field])
    name = "Lead" if field == "node" else field.capitalize()
    assert organization.graphql(by_id(field), id=id) == {field: {"__typename": name, "id": id}}


@pytest.mark.parametrize("field", ONE)
def test_another_organizations(organization: Organization, stranger: Organization, field: str) -> None:
    assert organization.graphql(by_id(field), id=str(write(stranger)[field])) == {field: None}


@pytest.mark.parametrize("field", ONE)
def test_missing(organization: Organization, field: str) -> None:
    assert organization.graphql(by_id(field), id=str(uuid4())) == {field: None}


@pytest.mark.parametrize("field", ONE)
@pytest.mark.parametrize("id", ["", "1", "not a uuid", "\0", "💥", "00000000-0000-0000-0000-00000000000g", 7])
def test_malformed(organization: Organization, field: str, id: object) -> None:
    (error,) = organization.graphql_errors(by_id(field), id=id)
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}
    assert error["path"] == [field]
    assert error["message"] == "`id` is not a UUID."


def test_an_id_in_capitals_is_the_same(organization: Organization) -> None:
    id = organization.lead()
    assert organization.graphql(by_id("lead"), id=str(id).upper())["lead"]["id"] == str(id)


def test_another_type_is_not_found(organization: Organization) -> None:
    rows = write(organization)
    assert organization.graphql(by_id("lead"), id=str(rows["conversation"])) == {"lead": None}
    assert organization.graphql(by_id("message"), id=str(rows["lead"])) == {"message": None}


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic YTpi"}])
@pytest.mark.parametrize("query", ["{ conversations { totalCount } }", "{ __typename }", "{ syntax error"])
def test_anonymous(organization: Organization, headers: dict[str, str], query: str) -> None:
    answer = httpx.post(f"{organization.url}/graphql", json={"query": query}, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.json().keys() == {"errors"}
    assert answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


@pytest.mark.parametrize("field", ["conversations", "leads"])
def test_lists_hold_nothing_of_another_organization(
    organization: Organization, stranger: Organization, field: str
) -> None:
    write(stranger)
    found = organization.graphql(f"{{ {field} {{ totalCount nodes {{ id }} edges {{ cursor }} }} }}")
    assert found == {field: {"totalCount": 0, "nodes": [], "edges": []}}


class TestNodes:
    """`nodes(ids:)`."""

    def test_answer_in_order_with_repetitions_and_gaps(
        self, organization: Organization, stranger: Organization
    ) -> None:
        rows, theirs = write(organization), write(stranger)
        asked = [
            rows["message"],
            uuid4(),
            rows["lead"],
            rows["message"],
            theirs["lead"],
            rows["conversation"],
        ]
        nodes = organization.graphql(NODES, ids=[str(id) for id in asked])["nodes"]
        expected = ["Message", None, "Lead", "Message", None, "Conversation"]
        assert [node and node["__typename"] for node in nodes] == expected
        assert [node["id"] for node in nodes if node] == [str(asked[at]) for at in (0, 2, 3, 5)]

    def test_may_be_100_and_none(self, organization: Organization) -> None:
        assert organization.graphql(NODES, ids=[str(uuid4()) for _ in range(100)])["nodes"] == [None] * 100
        assert organization.graphql(NODES, ids=[])["nodes"] == []

    def test_are_not_more_than_100(self, organization: Organization) -> None:
        (error,) = organization.graphql_errors(NODES, ids=[str(uuid4())] * 101)
        assert error["extensions"]["code"] == "BAD_USER_INPUT"
        assert "100" in error["message"]

    def test_a_malformed_id_fails_alone_and_is_named_by_its_place(self, organization: Organization) -> None:
        lead = str(organization.lead())
        malformed = ["x", f"{{{lead}}}", f"urn:uuid:{lead}", lead.replace("-", "")]
        body = ask(organization.http, NODES, ids=[lead, *malformed, lead])
        assert [node and node["id"] for node in body["data"]["nodes"]] == [lead, None, None, None, None, lead]
        for at, error in enumerate(body["errors"], start=1):
            assert (error["path"], error["message"]) == (["nodes", at], f"`ids[{at}]` is not a UUID.")
            assert error["extensions"] == {"code": "BAD_USER_INPUT"}


class TestScopes:
    """What a token does not allow."""

    @pytest.mark.parametrize("field", OF_CONVERSATIONS)
    def test_one_row_of_conversations_needs_its_scope(self, organization: Organization, field: str) -> None:
        id = str(write(organization)[field])
        with organization.client(scope="leads:write") as client:
            assert_forbidden(ask(client, by_id(field), id=id), [field])
        with organization.client(scope="conversations:read") as client:
            assert ask(client, by_id(field), id=id)["data"][field]["id"] == id

    def test_a_lead_needs_its_scope(self, organization: Organization) -> None:
        id = str(organization.lead())
        with organization.client(scope="conversations:write") as client:
            assert_forbidden(ask(client, by_id("lead"), id=id), ["lead"])

    @pytest.mark.parametrize(("field", "scope"), [("conversations", "leads:read"), ("leads", "conversations:read")])
    def test_a_list_needs_its_scope(self, organization: Organization, field: str, scope: str) -> None:
        with organization.client(scope=scope) as client:
            body = ask(client, f"{{ rows: {field} {{ totalCount }} }}")
        assert_forbidden(body, ["rows"])
        assert body["data"] is None

    def test_no_scope_at_all(self, organization: Organization) -> None:
        with organization.client(scope="") as client:
            assert ask(client, "{ viewer { scopes } }")["data"] == {"viewer": {"scopes": []}}
            assert_forbidden(ask(client, "{ leads { totalCount } }"), ["leads"])

    def test_what_hangs_on_an_answer_comes_with_it(self, organization: Organization) -> None:
        rows = write(organization)
        with organization.client(scope="conversations:read") as client:
            query = "query ($id: ID!) { conversation(id: $id) { lead { id conversations { totalCount } } } }"
            body = ask(client, query, id=str(rows["conversation"]))
        lead = {"id": str(rows["lead"]), "conversations": {"totalCount": 1}}
        assert body["data"] == {"conversation": {"lead": lead}}
        with organization.client(scope="leads:read") as client:
            query = "{ leads { nodes { conversations(first: 5) { nodes { messages { nodes { content } } } } } } }"
            assert "errors" not in ask(client, query)

    def test_a_node_needs_the_scope_of_what_is_found(self, organization: Organization) -> None:
        rows = write(organization)
        with organization.client(scope="conversations:read") as client:
            assert_forbidden(ask(client, by_id("node"), id=str(rows["lead"])), ["node"])
            assert "errors" not in ask(client, by_id("node"), id=str(rows["message"]))
            ids = [str(rows["conversation"]), str(rows["lead"]), str(uuid4())]
            body = ask(client, NODES, ids=ids)
        assert_forbidden(body, ["nodes", 1])
        assert [node and node["id"] for node in body["data"]["nodes"]] == [ids[0], None, None]


def assert_forbidden(body: dict[str, Any], path: list[object]) -> None:
    (error,) = body["errors"]
    assert error["extensions"] == {"code": "FORBIDDEN"}
    assert error["path"] == path
