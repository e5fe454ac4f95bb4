"""Texts that are made to do harm: in every place that takes one they are kept as they are, or refused in words."""

import json
import time
from typing import Any

import httpx
import pytest

from tests.support.organization import Organization

KEPT = {
    "SQL": "'; DROP TABLE leads; --",
    "SQL, quoted": "\\'\" OR 1=1 /* */ $1 $$ %s %(id)s :id ?",
    "patterns": "%_\\%\\_[a-z]*(.+)+$",
    "markup": "<script>alert(1)</script><!--]]>&lt;",
    "a template": "{{7*7}} ${jndi:ldap://x/a} #{1} {0}",
    "right to left": "\u202egnp.exe\u202c \u2066x\u2069",
    "nothing to see": "a\u200b\u200d\ufeff\u00ad",
    "one letter, two ways": "e\u0301 \u00e9",
    "many accents": "Z" + "\u0335\u0321\u031b" * 60,
    "beyond the first plane": "\U0001f469\u200d\U0001f467 \U0010fffd",
    "no characters": "\ufffe\uffff\U0001ffff",
    "controls": "\x01\x08\x1b[31m\x7f\x85\u2028",
    "lines": "a\r\nSet-Cookie: x=1\r\n\r\nb",
}
REFUSED = {"NUL": "a\0b", "NUL alone": "\0", "half a character": "a\ud800b", "the other half": "\udfffb"}

CREATE = """mutation ($input: CreateLeadInput!) {
    createLead(input: $input) { userErrors { code }
        lead { id name phone email company channelId appointmentNotes preferredServices metadata } }
}"""
START = """mutation ($lead: ID!, $text: String!, $key: String!) {
    startConversation(input: {leadId: $lead, channel: WEB, sessionKey: $text, idempotencyKey: $key}) {
        conversation { id sessionKey } userErrors { code } }
}"""
ADD = """mutation ($id: ID!, $text: String!, $metadata: JSON) {
    addMessage(input: {conversationId: $id, role: USER, content: $text, metadata: $metadata}) {
        message { content metadata } userErrors { code } }
}"""
SEARCHES = """query ($text: String!) {
    conversations(filter: {search: $text}) { totalCount } leads(filter: {search: $text}) { totalCount nodes { name } }
    searchMessages(query: $text) { totalCount }
}"""
LEAD_FIELDS = ("name", "phone", "email", "company", "channelId", "appointmentNotes")


def ask(organization: Organization, query: str, **variables: object) -> Any:
    """The answer to a query; ASCII alone is sent, so that half a character can be."""
    content = json.dumps({"query": query, "variables": variables}).encode()
    response = organization.http.post("/graphql", content=content, headers={"Content-Type": "application/json"})
    assert response.status_code in {200, 400}, response.text
    return response.json()


def codes(answer: Any) -> set[str]:
    return {error["extensions"]["code"] for error in answer.get("errors", ())}


@pytest.mark.parametrize("text", KEPT.values(), ids=KEPT)
def test_what_is_kept_is_kept_as_it_is(organization: Organization, text: str) -> None:
    values = {**dict.fromkeys(LEAD_FIELDS, text), "preferredServices": [text], "metadata": {text: [text, {text: 1}]}}
    made = ask(organization, CREATE, input={**values, "idempotencyKey": text})
    lead = made["data"]["createLead"]["lead"]
    assert lead == {"id": lead["id"], **values}
    started = ask(organization, START, lead=lead["id"], text=text, key=f"{text} again")["data"]["startConversation"]
    assert started["conversation"]["sessionKey"] == text
    id = started["conversation"]["id"]
    added = ask(organization, ADD, id=id, text=text, metadata={text: text})["data"]["addMessage"]
    assert added == {"message": {"content": text, "metadata": {text: text}}, "userErrors": []}
    shown = organization.http.get(f"/api/v1/conversations/{id}").json()
    assert (shown["session_key"], shown["messages"][0]["content"], shown["lead"]["name"]) == (text, text, text)
    found = ask(organization, SEARCHES, text=text)["data"]["leads"]
    assert found == {"totalCount": 1, "nodes": [{"name": text}]}
    assert organization.http.get("/api/v1/leads", params={"search": text}).json()["total"] == 1


@pytest.mark.parametrize("text", KEPT.values(), ids=KEPT)
def test_a_search_finds_what_was_written_and_nothing_else(organization: Organization, text: str) -> None:
    organization.lead(name="Jane")
    organization.message(organization.conversation(), "Hello")
    found = ask(organization, SEARCHES, text=text)["data"]
    assert [each["totalCount"] for each in found.values()] == [0, 0, 0]
    assert organization.http.get("/api/v1/leads", params={"search": text}).json()["total"] == 0


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_kept_is_refused_in_words(organization: Organization, text: str) -> None:
    lead = organization.lead()
    id = organization.conversation(lead)
    creating = CREATE
    asked = [
        *(ask(organization, creating, input={"name": "x", field: text}) for field in LEAD_FIELDS),
        ask(organization, creating, input={"name": "x", "preferredServices": [text]}),
        ask(organization, creating, input={"name": "x", "metadata": {text: 1}}),
        ask(organization, creating, input={"name": "x", "metadata": {"a": [{"b": text}]}}),
        ask(organization, creating, input={"name": "x", "idempotencyKey": text}),
        ask(organization, START, lead=str(lead), text=text, key="x"),
        ask(organization, START, lead=str(lead), text="x", key=text),
        ask(organization, ADD, id=str(id), text=text),
        ask(organization, ADD, id=str(id), text="x", metadata={"a": text}),
        ask(organization, SEARCHES, text=text),
        ask(organization, "query ($x: ID!) { node(id: $x) { id } }", x=text),
        ask(organization, "query ($x: String) { leads(after: $x) { totalCount } }", x=text),
        ask(organization, "query ($x: String) { conversations(before: $x, last: 1) { totalCount } }", x=text),
    ]
    for answer in asked:
        told = [payload["userErrors"] for payload in (answer.get("data") or {}).values() if payload]
        assert codes(answer) <= {"BAD_USER_INPUT"}, answer
        assert codes(answer) or told[0], answer
    assert organization.sql("SELECT count(*)::int FROM leads WHERE organization_id = %s", organization.id) == [(1,)]


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("field", ["name", "phone", "preferred_services", "metadata", "status", "channel"])
def test_so_it_is_by_rest(organization: Organization, field: str, text: str) -> None:
    value = {"preferred_services": [text], "metadata": {"a": text}}.get(field, text)
    for method, path in (("POST", "/api/v1/leads"), ("PATCH", f"/api/v1/leads/{organization.lead()}")):
        content = json.dumps({"name": "x", field: value}).encode()
        headers = {"Content-Type": "application/json"}
        answer = organization.http.request(method, path, content=content, headers=headers)
        if (method, field) != ("POST", "status"):  # which is not for who creates
            assert answer.status_code in {400, 422}, answer.text
            assert "detail" in answer.json()


@pytest.mark.parametrize("text", ["%00", "a%00b", "%ed%a0%80", "%ff", "%27;--", "..%2f..", "%0d%0aX:%20y", "%E2%80%AE"])
def test_parameters_of_every_path(organization: Organization, text: str) -> None:
    id = organization.conversation()
    for path in (
        f"/api/v1/leads?search={text}", f"/api/v1/leads?status={text}", f"/api/v1/leads?page={text}",
        f"/api/v1/conversations?lead_id={text}", f"/api/v1/conversations?channel={text}", f"/api/v1/leads/{text}",
        f"/api/v1/conversations/{text}", f"/api/v1/conversations/{id}/messages?limit={text}",
        f"/graphql?query={text}", f"/graphql?query=%7Bviewer%7BuserId%7D%7D&operationName={text}",
        f"/graphql?query=%7Bviewer%7BuserId%7D%7D&variables={text}", f"/graphql?documentId={text}", f"/{text}",
        f"/graphql/assets/{text}", f"/docs/{text}",
    ):  # fmt: skip
        answer = organization.http.get(path)
        assert answer.status_code in {200, 400, 404, 422}, path
        assert not {"x", "set-cookie"} & set(answer.headers), path


@pytest.mark.parametrize("levels", [100, 1_000, 10_000, 100_000])
def test_deep_variables(organization: Organization, levels: int) -> None:
    for opened, closed in (("[", "]"), ('{"a":', "}")):
        deep = opened * levels + "1" + closed * levels
        query = 'mutation ($m: JSON) { createLead(input: {name: \\"x\\", metadata: {a: $m}}) { userErrors { code } } }'
        for content in (f'{{"query": "{query}", "variables": {{"m": {deep}}}}}', deep, f'{{"extensions": {deep}}}'):
            headers = {"Content-Type": "application/json"}
            answer = organization.http.post("/graphql", content=content, headers=headers)
            assert answer.status_code in {200, 400}
            assert "INTERNAL" not in answer.text
        answer = organization.http.get("/graphql", params={"query": "{ __typename }", "variables": deep[:2_000]})
        assert answer.status_code in {200, 400}


@pytest.mark.parametrize(
    "text",
    ['"' * 500, "a" * 499 + "!", "%" * 500, "\\" * 500, "(" * 500, "a* " * 166, "' " * 250, "-" * 500, "<-> " * 125,
        "\u0301" * 500, "0" * 500, "a" + "\u00a0" * 498 + "b"],
)  # fmt: skip
def test_no_text_takes_a_search_long(organization: Organization, text: str) -> None:
    conversation = organization.conversation(organization.lead(name=text))
    for _ in range(20):
        organization.message(conversation, text * 20)
    started = time.perf_counter()
    assert not codes(ask(organization, SEARCHES, text=text))
    assert organization.http.get("/api/v1/leads", params={"search": text}).status_code == 200
    assert time.perf_counter() - started < 2


def test_white_space_without_end(organization: Organization) -> None:
    conversation = organization.conversation()
    started = time.perf_counter()
    for content in (" " * 100_000, "\u3000" * 99_999 + "x", "a " * 50_000):
        added = ask(organization, ADD, id=str(conversation), text=content)
        assert added["data"]["addMessage"]["userErrors"] == []
    blank = organization.http.post("/api/v1/leads", json={"name": " " * 500})
    assert blank.status_code == 422
    assert organization.http.patch(f"/api/v1/leads/{organization.lead()}", json={"name": "\t" * 500}).status_code == 422
    assert time.perf_counter() - started < 4


def test_answers_cannot_be_taken_for_pages(organization: Organization) -> None:
    answer: httpx.Response = organization.http.get("/api/v1/leads", params={"page": "<script>alert(1)</script>"})
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
