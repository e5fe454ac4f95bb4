"""An answer has a largest size, however its data are repeated."""

import pytest

from tests.support.organization import Organization


def test_an_answer_that_is_too_large(strict: Organization) -> None:
    conversation = strict.conversation()
    for _ in range(120):
        strict.message(conversation, "x" * 100_000)
    told = "This would be answered with more than 9,000,000 bytes. Ask for less at once."
    rest = strict.http.get(f"/api/v1/conversations/{conversation}")
    assert (rest.status_code, rest.json()) == (422, {"detail": told})
    page = 'query ($first: Int) { conversation(id: "ID") { messages(first: $first) { nodes { content } } } }'
    page = page.replace("ID", str(conversation))
    (error,) = strict.graphql_errors(page, first=120)
    assert (error["message"], error["extensions"]) == (told, {"code": "QUERY_TOO_COMPLEX"})
    nodes = strict.graphql(page, first=50)["conversation"]["messages"]["nodes"]
    assert {len(node["content"]) for node in nodes} == {100_000}


CONTENTS = "nodes { content }"


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param(
            f"a: messages(first: 60) {{ {CONTENTS} }} b: messages(first: 60) {{ {CONTENTS} }}", id="two lists"
        ),
        pytest.param(
            "messages(first: 60) { nodes { a: content b: content } }", id="a list whose texts are shown twice"
        ),
        pytest.param("messages(first: 10) { nodes { lead: conversation { lead { appointmentNotes } } } }", id="a lead"),
        pytest.param(
            f"messages(first: 10) {{ nodes {{ conversation {{ messages(first: 10) {{ {CONTENTS} }} }} }} }}",
            id="a list",
        ),
        pytest.param(
            "lead { appointmentNotes } messages(first: 10) { nodes { conversation { lead { appointmentNotes } } } }",
            id="a lead that came along",
        ),
        pytest.param("messages(first: 95) { nodes { a: metadata b: metadata } }", id="metadata"),
    ],
)
def test_an_answer_that_shows_the_same_again_and_again(strict: Organization, fields: str) -> None:
    text = "x" * 99_000
    conversation = strict.conversation(strict.lead(appointment_notes=text * 10))
    for _ in range(60):
        strict.message(conversation, text)
    for _ in range(60):
        strict.message(conversation, "", metadata={"a": text})
    (error,) = strict.graphql_errors(f'{{ conversation(id: "{conversation}") {{ {fields} }} }}')
    assert error["extensions"]["code"] == "QUERY_TOO_COMPLEX"
    assert error["message"] == "This would be answered with more than 9,000,000 bytes. Ask for less at once."


def test_a_batch_is_one_answer(strict: Organization) -> None:
    conversation = strict.conversation()
    for _ in range(60):
        strict.message(conversation, "x" * 100_000)
    query = f'{{ conversation(id: "{conversation}") {{ messages(first: 60) {{ {CONTENTS} }} }} }}'
    first, second = strict.http.post("/graphql", json=[{"query": query}] * 2).json()
    assert len(first["data"]["conversation"]["messages"]["nodes"]) == 60
    assert second["errors"][0]["extensions"]["code"] == "QUERY_TOO_COMPLEX"
