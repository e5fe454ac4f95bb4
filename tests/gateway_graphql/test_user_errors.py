"""User errors of mutations, and what is an error of GraphQL instead."""

from typing import Any
from uuid import uuid4

import pytest

from tests.support.mutations import (
    PAYLOADS,
    change,
    inputs,
    text,
    user_errors,
)
from tests.support.organization import Organization

LONG = "x" * 501
DEEP: Any = {}
for _ in range(900):
    DEEP = {"a": DEEP}


class TestUserErrors:
    """What the caller can mend: where, with which code, and nothing is changed."""

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
        assert user_errors(organization, mutation, **{**own, field: str(uuid4())}) == [("NOT_FOUND", [field])]
        before = stranger.http.get("/api/v1/leads").text, stranger.http.get("/api/v1/conversations").text
        assert user_errors(organization, mutation, **foreign) == [("NOT_FOUND", [field])]
        assert before == (stranger.http.get("/api/v1/leads").text, stranger.http.get("/api/v1/conversations").text)
        for malformed in ("", "x", "\0", "💥", str(uuid4())[:-1]):
            assert user_errors(organization, mutation, **{**own, field: malformed}) == [("INVALID", [field])]

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
        assert user_errors(organization, mutation, **{**inputs(organization)[mutation], **values}) == expected

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
        assert user_errors(organization, mutation, **input) == [(code, ["metadata"])]

    @pytest.mark.parametrize("metadata", ["{a: 1e400}", "{a: -1e400}", '{a: "\\u0000"}', "[]", f"{{a: {'9' * 5000}}}"])
    def test_metadata_as_a_literal(self, organization: Organization, metadata: str) -> None:
        mutation = (
            f'mutation {{ createLead(input: {{name: "Jane", metadata: {metadata}}}) '
            "{ lead { id } userErrors { code field } } }"
        )
        payload = organization.graphql(mutation)["createLead"]
        assert payload == {"lead": None, "userErrors": [{"code": "INVALID", "field": ["metadata"]}]}

    def test_metadata_of_any_depth_is_kept_or_user_errors(self, organization: Organization) -> None:
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
