"""Another organization's events are nobody's: live ones, missed ones, and those of its conversations."""

from uuid import UUID

import pytest

from tests.support.organization import Organization
from tests.support.socket import acknowledged
from tests.support.strangers import Ids, answered, graphql, nobodys


@pytest.mark.parametrize("stream", [True, False], ids=["events", "socket"])
def test_nobody_subscribes_to_another_organization_s_conversation(
    organization: Organization, theirs: Ids, stream: bool
) -> None:
    query, missing = "subscription ($x: ID) { messageAdded(conversationId: $x) { cursor } }", nobodys(theirs)
    if stream:
        ask = graphql(query, "conversation", stream=True)
        found = [str(answered(ask(organization.http, ids), ids)) for ids in (theirs, missing)]
    else:
        found = []
        with acknowledged(organization) as socket:
            for ids in (theirs, missing):
                socket.send("subscribe", id="1", payload={"query": query, "variables": {"x": ids.conversation}})
                found.append(str(socket.receive()))
    assert "NOT_FOUND" in found[0]
    assert found[0] == found[1]


def test_another_organization_s_place_among_events_brings_what_is_one_s_own(
    organization: Organization, stranger: Organization, theirs: Ids
) -> None:
    conversation = organization.conversation()
    organization.message(conversation, "mine")
    stranger.message(UUID(theirs.conversation), "theirs")
    with acknowledged(organization) as socket:
        id = socket.subscribe(
            "subscription ($x: String) { messageAdded(after: $x) { message { content } } }", x=theirs.event_cursor
        )
        assert socket.next(id) == {"messageAdded": {"message": {"content": "mine"}}}
        stranger.message(UUID(theirs.conversation), "theirs, later")
        organization.message(conversation, "mine, later")
        assert socket.next(id) == {"messageAdded": {"message": {"content": "mine, later"}}}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("subscription ($x: ID) { conversationChanged(filter: {leadId: $x}) { id } }", "conversationChanged"),
        ("subscription { conversationChanged { id } }", "conversationChanged"),
        ("subscription { leadChanged { id } }", "leadChanged"),
        ("subscription { messageAdded { message { id } } }", "messageAdded"),
    ],
)
def test_what_changes_elsewhere_is_not_told(
    organization: Organization, stranger: Organization, theirs: Ids, query: str, field: str
) -> None:
    with acknowledged(organization) as socket, acknowledged(stranger) as their_socket:
        mine, id = (each.subscribe(query, x=theirs.lead) for each in (socket, their_socket))
        socket.settle()
        their_socket.settle()
        stranger.message(UUID(theirs.conversation), "theirs")
        stranger.sql("UPDATE leads SET name = 'Jane' WHERE organization_id = %s", stranger.id)
        assert field in their_socket.next(id)
        assert socket.silent(0.5), mine
