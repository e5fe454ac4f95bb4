"""Mutations: what they change, and what they refuse: where, with which code."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.support.organization import Organization
from tests.support.socket import acknowledged

LEAD = (
    "id name phone email company channel channelId status preferredServices appointmentNotes metadata "
    "createdAt updatedAt"
)
CONVERSATION = "id leadId sessionKey channel status messageCount createdAt updatedAt lastMessageAt lastMessagePreview"
MESSAGE = "id conversationId role content metadata createdAt"
FIELDS = {"lead": LEAD, "conversation": CONVERSATION, "message": MESSAGE}
PAYLOADS = {
    "updateConversationStatus": "conversation",
    "startConversation": "conversation",
    "addMessage": "message",
    "createLead": "lead",
    "updateLead": "lead",
}
LONG = "x" * 501
DEEP: Any = {}
for _ in range(900):
    DEEP = {"a": DEEP}


def text(mutation: str) -> str:
    node = PAYLOADS[mutation]
    kind = mutation[0].upper() + mutation[1:]
    return (
        f"mutation ($input: {kind}Input!) {{ {mutation}(input: $input) {{ {node} {{ {FIELDS[node]} }} "
        "userErrors { code message field } } }"
    )


def change(organization: Organization, mutation: str, **input: object) -> dict[str, Any]:
    """Make a change that must succeed, return its node."""
    payload = organization.graphql(text(mutation), input=input)[mutation]
    assert payload["userErrors"] == []
    node: dict[str, Any] = payload[PAYLOADS[mutation]]
    return node


def refused(organization: Organization, mutation: str, **input: object) -> list[tuple[str, list[str] | None]]:
    """Try a change that must be refused, return why and where."""
    payload = organization.graphql(text(mutation), input=input)[mutation]
    assert payload[PAYLOADS[mutation]] is None
    assert all(error["message"] for error in payload["userErrors"])
    return [(error["code"], error["field"]) for error in payload["userErrors"]]


def read(organization: Organization, node: str, id: str) -> Any:
    return organization.graphql(f"query ($id: ID!) {{ {node}(id: $id) {{ {FIELDS[node]} }} }}", id=id)[node]


def inputs(organization: Organization) -> dict[str, dict[str, object]]:
    """What each mutation can be given."""
    lead = organization.lead()
    conversation = organization.conversation(lead)
    return {
        "updateConversationStatus": {"id": str(conversation), "status": "COMPLETED"},
        "startConversation": {"leadId": str(lead), "channel": "VOICE", "sessionKey": "voice_1"},
        "addMessage": {
            "conversationId": str(conversation),
            "role": "ASSISTANT",
            "content": "Hello",
            "metadata": {"a": 1},
        },
        "createLead": {"name": "Zoë"},
        "updateLead": {"id": str(lead), "name": "Ben", "status": "BOOKED"},
    }


class TestChanges:
    """What is changed."""

    @pytest.mark.parametrize("mutation", PAYLOADS)
    def test_the_payload_is_what_is_read_afterwards(self, organization: Organization, mutation: str) -> None:
        node = change(organization, mutation, **inputs(organization)[mutation])
        assert read(organization, PAYLOADS[mutation], node["id"]) == node

    @pytest.mark.parametrize("mutation", ["startConversation", "updateConversationStatus", "createLead", "updateLead"])
    def test_rest_reads_the_same(self, organization: Organization, mutation: str) -> None:
        node = change(organization, mutation, **inputs(organization)[mutation])
        found = organization.http.get(f"/api/v1/{PAYLOADS[mutation]}s/{node['id']}").json()
        assert (found["id"], found["status"]) == (node["id"], node["status"].lower())
        assert found["updated_at"] == node["updatedAt"]

    def test_rest_reads_the_same_message(self, organization: Organization) -> None:
        node = change(organization, "addMessage", **inputs(organization)["addMessage"])
        found = organization.http.get(f"/api/v1/conversations/{node['conversationId']}").json()
        assert [message["id"] for message in found["messages"]] == [node["id"]]

    def test_a_lead_has_defaults(self, organization: Organization) -> None:
        lead = change(organization, "createLead", name="Jane")
        del lead["id"], lead["createdAt"], lead["updatedAt"]
        nothing = dict.fromkeys(("phone", "email", "company", "channelId", "appointmentNotes"))
        assert lead == {
            "name": "Jane", "channel": "WEB", "status": "NEW", "preferredServices": [], "metadata": {}, **nothing
        }  # fmt: skip

    def test_null_is_no_more_than_left_out_where_a_lead_is_created(self, organization: Organization) -> None:
        lead = change(organization, "createLead", name="Jane", channel=None, preferredServices=None, metadata=None)
        assert (lead["channel"], lead["preferredServices"], lead["metadata"]) == ("WEB", [], {})

    def test_all_of_a_lead(self, organization: Organization) -> None:
        values = {
            "name": "Jane", "phone": "+49 1", "email": "j@x.org", "company": "X", "channel": "EMAIL", "channelId": "7",
            "preferredServices": ["cut", ""], "appointmentNotes": "n" * 100_000,
            "metadata": {"b": [1, None, 1.5, "ä😀"]},
        }  # fmt: skip
        lead = change(organization, "createLead", **values)
        assert values.items() <= lead.items()
        changes = {**values, "name": "Ben", "channel": "VOICE", "status": "LOST", "metadata": {}}
        assert changes.items() <= change(organization, "updateLead", id=lead["id"], **changes).items()

    def test_null_clears_and_what_is_left_out_stays(self, organization: Organization) -> None:
        id = str(organization.lead(phone="1", email="e", company="c", channel_id="i", appointment_notes="n"))
        before = read(organization, "lead", id)
        lead = change(organization, "updateLead", id=id, phone=None)
        assert lead == {**before, "phone": None, "updatedAt": lead["updatedAt"]}
        assert lead["updatedAt"] > before["updatedAt"]
        cleared = change(
            organization, "updateLead", id=id, email=None, company=None, channelId=None, appointmentNotes=None
        )
        assert [cleared[name] for name in ("email", "company", "channelId", "appointmentNotes")] == [None] * 4

    def test_nothing_to_change_changes_nothing(self, organization: Organization) -> None:
        id = str(organization.lead())
        assert change(organization, "updateLead", id=id) == read(organization, "lead", id)

    def test_a_status_moves_the_conversation(self, organization: Organization) -> None:
        id = str(organization.conversation())
        before = read(organization, "conversation", id)
        after = change(organization, "updateConversationStatus", id=id, status="ESCALATED")
        assert after == {**before, "status": "ESCALATED", "updatedAt": after["updatedAt"]}
        assert after["updatedAt"] > before["updatedAt"]

    def test_the_same_status_again_moves_nothing(self, organization: Organization) -> None:
        id = str(organization.conversation())
        before = read(organization, "conversation", id)
        assert change(organization, "updateConversationStatus", id=id, status="ACTIVE") == before

    def test_a_message_moves_its_conversation_of_any_status(self, organization: Organization) -> None:
        id = str(organization.conversation(status="completed"))
        before = read(organization, "conversation", id)
        message = change(organization, "addMessage", conversationId=id, role="SYSTEM", content="")
        after = read(organization, "conversation", id)
        assert (after["messageCount"], after["status"], after["lastMessageAt"]) == (
            1,
            "COMPLETED",
            message["createdAt"],
        )
        assert after["updatedAt"] > before["updatedAt"]
        assert message["metadata"] == {}

    @pytest.mark.parametrize("character", ["x", "ä", "😀"])
    def test_the_longest_message(self, organization: Organization, character: str) -> None:
        message = {"conversationId": str(organization.conversation()), "role": "USER"}
        content = character * 100_000
        assert change(organization, "addMessage", **message, content=content)["content"] == content
        assert refused(organization, "addMessage", **message, content=content + character) == [
            ("TOO_LONG", ["content"])
        ]
        assert organization.sql("SELECT count(*) FROM messages WHERE organization_id = %s", organization.id) == [(1,)]

    def test_metadata_keeps_its_numbers(self, organization: Organization) -> None:
        id = organization.conversation()
        huge = "9" * 300
        mutation = (
            f'mutation {{ addMessage(input: {{conversationId: "{id}", role: USER, content: "", '
            f"metadata: {{n: {huge}, d: 1.5, e: [{{}}], t: true}}}}) {{ message {{ metadata }} }} }}"
        )
        answer = organization.http.post("/graphql", json={"query": mutation})
        assert f'"n": {huge}' in answer.text

    @pytest.mark.parametrize("number", [2**63, 2**64, -(2**64), 10**25 + 1, 2**1000])
    def test_metadata_in_variables_keeps_its_numbers(self, organization: Organization, number: int) -> None:
        mutation = "mutation ($input: AddMessageInput!) { addMessage(input: $input) { message { metadata } } }"
        id = str(organization.conversation())
        asked = {
            "query": mutation,
            "variables": {
                "input": {
                    "conversationId": id,
                    "role": "USER",
                    "content": "",
                    "metadata": {"n": [number, {"m": number}]},
                }
            },
        }
        written = f'"n": [{number}, {{"m": {number}}}]'
        assert written in organization.http.post("/graphql", json=asked).text
        assert organization.http.post("/graphql", json=[asked, asked]).text.count(written) == 2
        with acknowledged(organization) as socket:
            socket.send("subscribe", id="1", payload=asked)
            assert socket.receive()["payload"]["data"]["addMessage"]["message"]["metadata"]["n"][0] == number
            socket.send("ping", payload={"n": number})
            assert socket.receive() == {"type": "complete", "id": "1"}
            assert socket.receive() == {"type": "pong", "payload": {"n": number}}

    def test_mutations_of_one_operation_take_effect_in_their_order(self, organization: Organization) -> None:
        id = organization.conversation()
        added = "".join(
            f'm{n}: addMessage(input: {{conversationId: "{id}", role: USER, content: "{n}"}}) '
            "{ message { content } } "
            for n in range(5)
        )
        organization.graphql(f"mutation {{ {added} }}")
        thread = organization.graphql(f'{{ conversation(id: "{id}") {{ messages {{ nodes {{ content }} }} }} }}')
        assert [node["content"] for node in thread["conversation"]["messages"]["nodes"]] == list("01234")

    def test_what_hangs_on_the_changed_node_is_as_changed(self, organization: Organization) -> None:
        id = organization.conversation()
        mutation = (
            f'mutation {{ addMessage(input: {{conversationId: "{id}", role: USER, content: "Hi"}}) '
            "{ message { content conversation { messageCount lastMessage { content } lead { name } } } } }"
        )
        conversation = organization.graphql(mutation)["addMessage"]["message"]["conversation"]
        assert conversation == {"messageCount": 1, "lastMessage": {"content": "Hi"}, "lead": {"name": "Jane Smith"}}


class TestRefusals:
    """What is refused, with nothing changed."""

    @pytest.mark.parametrize(
        ("mutation", "field"),
        [
            ("updateConversationStatus", "id"),
            ("startConversation", "leadId"),
            ("addMessage", "conversationId"),
            ("updateLead", "id"),
        ],
    )
    def test_what_is_not_there(
        self, organization: Organization, stranger: Organization, mutation: str, field: str
    ) -> None:
        own, foreign = inputs(organization)[mutation], inputs(stranger)[mutation]
        assert refused(organization, mutation, **{**own, field: str(uuid4())}) == [("NOT_FOUND", [field])]
        before = stranger.http.get("/api/v1/leads").text, stranger.http.get("/api/v1/conversations").text
        assert refused(organization, mutation, **foreign) == [("NOT_FOUND", [field])]
        assert before == (stranger.http.get("/api/v1/leads").text, stranger.http.get("/api/v1/conversations").text)
        for malformed in ("", "x", "\0", "💥", str(uuid4())[:-1]):
            assert refused(organization, mutation, **{**own, field: malformed}) == [("INVALID", [field])]

    @pytest.mark.parametrize(
        ("mutation", "values", "expected"),
        [
            ("createLead", {"name": ""}, [("INVALID", ["name"])]),
            ("createLead", {"name": " \u2003\n"}, [("INVALID", ["name"])]),
            ("createLead", {"name": "a\0b"}, [("INVALID", ["name"])]),
            ("createLead", {"name": LONG, "phone": LONG}, [("TOO_LONG", ["name"]), ("TOO_LONG", ["phone"])]),
            ("createLead", {"email": "\0", "company": LONG}, [("INVALID", ["email"]), ("TOO_LONG", ["company"])]),
            ("createLead", {"channelId": LONG}, [("TOO_LONG", ["channelId"])]),
            ("createLead", {"preferredServices": ["", LONG, "\0"]},
             [("TOO_LONG", ["preferredServices", "1"]), ("INVALID", ["preferredServices", "2"])]),
            ("createLead", {"preferredServices": ["a"] * 101}, [("TOO_LONG", ["preferredServices"])]),
            ("createLead", {"appointmentNotes": "x" * 100_001}, [("TOO_LONG", ["appointmentNotes"])]),
            ("createLead", {"idempotencyKey": ""}, [("INVALID", ["idempotencyKey"])]),
            ("createLead", {"idempotencyKey": "x" * 256}, [("TOO_LONG", ["idempotencyKey"])]),
            ("createLead", {"idempotencyKey": "\0"}, [("INVALID", ["idempotencyKey"])]),
            ("updateLead", {"name": None}, [("INVALID", ["name"])]),
            ("updateLead", {"channel": None}, [("INVALID", ["channel"])]),
            ("updateLead", {"status": None}, [("INVALID", ["status"])]),
            ("updateLead", {"preferredServices": None}, [("INVALID", ["preferredServices"])]),
            ("updateLead", {"metadata": None}, [("INVALID", ["metadata"])]),
            ("startConversation", {"sessionKey": ""}, [("INVALID", ["sessionKey"])]),
            ("startConversation", {"sessionKey": "a\0"}, [("INVALID", ["sessionKey"])]),
            ("startConversation", {"sessionKey": LONG}, [("TOO_LONG", ["sessionKey"])]),
            ("addMessage", {"content": "a\0b"}, [("INVALID", ["content"])]),
        ],
    )  # fmt: skip
    def test_a_field(
        self, organization: Organization, mutation: str, values: dict[str, object], expected: list[object]
    ) -> None:
        assert refused(organization, mutation, **{**inputs(organization)[mutation], **values}) == expected

    @pytest.mark.parametrize("mutation", ["createLead", "updateLead", "addMessage"])
    @pytest.mark.parametrize(
        ("metadata", "code"),
        [
            ([], "INVALID"),
            ("{}", "INVALID"),
            (1, "INVALID"),
            (True, "INVALID"),
            ({"a": "\0"}, "INVALID"),
            ({"a\0": 1}, "INVALID"),
            ({"a": "x" * 100_000}, "TOO_LONG"),
        ],
    )
    def test_metadata(self, organization: Organization, mutation: str, metadata: object, code: str) -> None:
        input = {**inputs(organization)[mutation], "metadata": metadata}
        assert refused(organization, mutation, **input) == [(code, ["metadata"])]

    @pytest.mark.parametrize("metadata", ["{a: 1e400}", "{a: -1e400}", '{a: "\\u0000"}', "[]", f"{{a: {'9' * 5000}}}"])
    def test_metadata_as_a_literal(self, organization: Organization, metadata: str) -> None:
        mutation = (
            f'mutation {{ createLead(input: {{name: "Jane", metadata: {metadata}}}) '
            "{ lead { id } userErrors { code field } } }"
        )
        payload = organization.graphql(mutation)["createLead"]
        assert payload == {"lead": None, "userErrors": [{"code": "INVALID", "field": ["metadata"]}]}

    def test_metadata_of_any_depth_is_kept_or_refused(self, organization: Organization) -> None:
        payload = organization.graphql(text("createLead"), input={"name": "Deep", "metadata": DEEP})["createLead"]
        assert payload["lead"]["metadata"] == DEEP

    def test_a_backslash_before_what_looks_like_nul_is_none(self, organization: Organization) -> None:
        metadata = {"a": "\\u0000", "\\": "\\\\u0000"}
        assert change(organization, "createLead", name="Jane", metadata=metadata)["metadata"] == metadata

    @pytest.mark.parametrize("mutation", PAYLOADS)
    def test_a_field_of_the_wrong_type_is_an_error(self, organization: Organization, mutation: str) -> None:
        for name in inputs(organization)[mutation]:
            if name != "metadata":
                wrong = {**inputs(organization)[mutation], name: {"no": 1}}
                (error,) = organization.graphql_errors(text(mutation), input=wrong)
                assert error["extensions"] == {"code": "BAD_USER_INPUT"}
                assert name in error["message"]
        (error,) = organization.graphql_errors(text(mutation), input={"nothing": 1})[:1]
        assert error["extensions"] == {"code": "BAD_USER_INPUT"}

    @pytest.mark.parametrize("mutation", PAYLOADS)
    @pytest.mark.parametrize("scope", ["", "conversations:read leads:read", "other"])
    def test_without_the_scope(self, organization: Organization, mutation: str, scope: str) -> None:
        with organization.client(scope=scope) as client:
            request = {"query": text(mutation), "variables": {"input": inputs(organization)[mutation]}}
            body = client.post("/graphql", json=request).json()
        (error,) = body["errors"]
        assert (error["extensions"], error["path"]) == ({"code": "FORBIDDEN"}, [mutation])

    def test_the_other_scope_is_not_enough(self, organization: Organization) -> None:
        for scope, allowed in (("leads:write", {"createLead", "updateLead"}), ("conversations:write", None)):
            with organization.client(scope=scope) as client:
                for mutation, input in inputs(organization).items():
                    request = {"query": text(mutation), "variables": {"input": input}}
                    succeeds = "errors" not in client.post("/graphql", json=request).json()
                    assert succeeds == ((mutation in (allowed or ())) if allowed else "Lead" not in mutation)


def test_a_changed_row_keeps_its_id(organization: Organization) -> None:
    id = organization.lead()
    assert UUID(change(organization, "updateLead", id=str(id).upper(), name="Other")["id"]) == id
