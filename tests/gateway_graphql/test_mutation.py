"""Mutations: what they change, and what they answer."""

from uuid import UUID

import pytest

from tests.support.mutations import PAYLOADS, change, inputs, read, user_errors
from tests.support.organization import Organization
from tests.support.socket import acknowledged


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
        assert user_errors(organization, "addMessage", **message, content=content + character) == [
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

    @pytest.mark.parametrize(
        ("given", "expected"),
        [({"a": 5, "b": None}, {"m": 5, "n": [5, {"o": None}]}), ({}, {"n": [None, {}]})],
    )
    def test_metadata_may_hold_variables_with_and_without_values(
        self, organization: Organization, given: dict[str, object], expected: object
    ) -> None:
        mutation = """mutation ($id: ID!, $a: Int, $b: JSON) {
            addMessage(input: {conversationId: $id, role: USER, content: "", metadata: {m: $a, n: [$a, {o: $b}]}}) {
                message { metadata } } }"""
        added = organization.graphql(mutation, id=str(organization.conversation()), **given)["addMessage"]
        assert added["message"]["metadata"] == expected

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


def test_a_changed_row_keeps_its_id(organization: Organization) -> None:
    id = organization.lead()
    assert UUID(change(organization, "updateLead", id=str(id).upper(), name="Other")["id"]) == id
