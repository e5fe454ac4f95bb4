"""Idempotency keys: what is asked for again is answered again, and created once."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support.organization import Organization

CREATING = {
    "createLead": ("lead", "leads", {"name": "Jane", "metadata": {"a": 1, "b": 2}}, {"name": "Ben"}),
    "startConversation": (
        "conversation",
        "conversations",
        {"channel": "WEB", "sessionKey": "1"},
        {"channel": "WEB", "sessionKey": "2"},
    ),
    "addMessage": ("message", "messages", {"role": "USER", "content": "Hi"}, {"role": "USER", "content": "Ho"}),
}


class Asking:
    """One creating mutation of one organization."""

    def __init__(self, organization: Organization, mutation: str) -> None:
        self.organization = organization
        self.mutation = mutation
        self.node, self.table, self.values, self.others = CREATING[mutation]
        lead = organization.lead()
        parents: dict[str, dict[str, object]] = {
            "createLead": {},
            "startConversation": {"leadId": str(lead)},
            "addMessage": {"conversationId": str(organization.conversation(lead))},
        }
        self.parent = parents[mutation]
        self.before = self.count()

    def __call__(self, key: str | None, values: object = None, **more: object) -> tuple[str | None, list[Any]]:
        """Return the id of what was created, or why it was not."""
        kind = self.mutation[0].upper() + self.mutation[1:]
        query = (
            f"mutation ($input: {kind}Input!) {{ {self.mutation}(input: $input) "
            f"{{ {self.node} {{ id }} userErrors {{ code field }} }} }}"
        )
        input = {**self.parent, **(values or self.values), "idempotencyKey": key, **more}  # type: ignore[dict-item]  # a dictionary where it is given
        payload = self.organization.graphql(query, input=input)[self.mutation]
        found = payload[self.node]
        return found and found["id"], payload["userErrors"]

    def count(self) -> int:
        """How many rows there are."""
        statement = f"SELECT count(*) FROM {self.table} WHERE organization_id = %s"
        return int(self.organization.sql(statement, self.organization.id)[0][0])

    @property
    def created(self) -> int:
        """How many rows there are more than before."""
        return self.count() - self.before


@pytest.fixture(params=CREATING)
def asking(organization: Organization, request: pytest.FixtureRequest) -> Asking:
    return Asking(organization, request.param)


CONFLICT = [{"code": "CONFLICT", "field": ["idempotencyKey"]}]


def test_the_same_key_again_answers_the_first_row(asking: Asking) -> None:
    answers = [asking("key") for _ in range(3)]
    assert len({id for id, _ in answers}) == 1
    assert answers[0][1] == []
    assert asking.created == 1


def test_without_a_key_each_is_another(asking: Asking) -> None:
    assert asking(None)[0] != asking(None)[0]
    assert asking("one")[0] != asking("two")[0]
    assert asking.created == 4


def test_the_same_key_for_something_else_is_a_conflict(asking: Asking) -> None:
    id, _ = asking("key")
    assert asking("key", asking.others) == (None, CONFLICT)
    assert asking("key")[0] == id
    assert asking.created == 1


def test_the_same_key_for_another_mutation_is_a_conflict(organization: Organization) -> None:
    lead, message = Asking(organization, "createLead"), Asking(organization, "addMessage")
    assert lead("key")[1] == []
    assert message("key") == (None, CONFLICT)


def test_the_order_of_metadata_does_not_matter(organization: Organization) -> None:
    asking = Asking(organization, "createLead")
    assert asking("key")[0] == asking("key", {"metadata": {"b": 2, "a": 1}, "name": "Jane"})[0]


def test_at_the_same_time(asking: Asking) -> None:
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: asking("key"), range(8)))
    assert {id for id, _ in answers} == {answers[0][0]}
    assert all(errors == [] for _, errors in answers)
    assert asking.created == 1


def test_another_organizations_key_is_another(organization: Organization, stranger: Organization) -> None:
    mine, theirs = Asking(organization, "createLead"), Asking(stranger, "createLead")
    assert mine("key")[0] != theirs("key")[0]
    assert (mine.created, theirs.created) == (1, 1)


def move(organization: Organization, hours: float) -> None:
    organization.sql(
        "UPDATE idempotency_keys SET created_at = created_at - %s * interval '1 hour' WHERE organization_id = %s",
        hours,
        organization.id,
    )


def test_a_key_is_held_for_24_hours(asking: Asking) -> None:
    first, _ = asking("key")
    move(asking.organization, 23.99)
    assert asking("key") == (first, [])
    move(asking.organization, 0.02)
    second, errors = asking("key", asking.others)
    assert (second != first, errors) == (True, [])
    assert asking("key", asking.others) == (second, [])
    assert asking.created == 2


def test_old_keys_are_forgotten(organization: Organization) -> None:
    asking = Asking(organization, "createLead")
    for n in range(5):
        asking(f"key {n}")
    move(organization, 25)
    asking("another")
    kept = organization.sql("SELECT key FROM idempotency_keys WHERE organization_id = %s", organization.id)
    assert kept == [("another",)]


@pytest.mark.parametrize(("mutation", "parent"), [("startConversation", "leadId"), ("addMessage", "conversationId")])
def test_what_fails_does_not_use_up_its_key(organization: Organization, mutation: str, parent: str) -> None:
    asking = Asking(organization, mutation)
    missing = "0b9f4ab6-3f3c-4b7e-9d7b-1f2e6b1a2c3d"
    assert asking("key", **{parent: missing}) == (None, [{"code": "NOT_FOUND", "field": [parent]}])
    assert asking("key")[1] == []
    assert asking.created == 1


def test_what_is_answered_again_is_as_it_stands_now(organization: Organization) -> None:
    asking = Asking(organization, "createLead")
    id, _ = asking("key")
    organization.sql("UPDATE leads SET name = 'Changed' WHERE id = %s", id)
    query = (
        'mutation { createLead(input: {name: "Jane", metadata: {a: 1, b: 2}, idempotencyKey: "key"}) '
        "{ lead { name } } }"
    )
    assert organization.graphql(query)["createLead"]["lead"] == {"name": "Changed"}


def test_what_was_deleted_since_is_a_conflict(organization: Organization) -> None:
    asking = Asking(organization, "createLead")
    id, _ = asking("key")
    organization.sql("DELETE FROM leads WHERE id = %s", id)
    assert asking("key") == (None, CONFLICT)
