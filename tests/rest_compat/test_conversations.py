"""The conversation calls beyond the document's examples: what is in them, in which order, at which cost."""

from uuid import UUID

import pytest

from gateway.records import ConversationStatus
from gateway_graphql.context import Context
from rest_compat import conversations
from rest_compat.bodies import StatusUpdate
from rest_compat.parameters import ConversationPath, ConversationsQuery, MessagesQuery
from tests.support.organization import Organization

PATH = "/api/v1/conversations"


def listed(organization: Organization, **query: object) -> list[UUID]:
    answer = organization.http.get(PATH, params={name: str(value) for name, value in query.items()})
    assert answer.status_code == 200, answer.text
    return [UUID(item["id"]) for item in answer.json()["conversations"]]


def test_an_empty_conversation_has_no_last_message(organization: Organization) -> None:
    conversation_id = organization.conversation()
    item = organization.http.get(PATH).json()["conversations"][0]
    assert item["message_count"] == 0
    assert item["last_message_at"] is None
    assert item["last_message_preview"] is None
    assert item["lead"]["email"] is None
    assert organization.http.get(f"{PATH}/{conversation_id}").json()["messages"] == []
    assert organization.http.get(f"{PATH}/{conversation_id}/messages").json() == []


def test_an_organization_without_conversations_has_an_empty_list(organization: Organization) -> None:
    empty = {"conversations": [], "total": 0, "page": 1, "size": 20}
    assert organization.http.get(PATH).json() == empty


def test_the_last_activity_comes_first(organization: Organization) -> None:
    first, second = organization.conversation(), organization.conversation()
    assert listed(organization) == [second, first]
    organization.message(first)
    assert listed(organization) == [first, second]


def test_times_have_microseconds_only_where_there_are_some(organization: Organization) -> None:
    conversation_id = organization.conversation(
        created_at="2026-03-07T10:00:00Z", updated_at="2026-03-07T12:15:00.000250+02:00"
    )
    answer = organization.http.get(f"{PATH}/{conversation_id}").json()
    assert answer["created_at"] == "2026-03-07T10:00:00Z"
    assert answer["updated_at"] == "2026-03-07T10:15:00.000250Z"


def test_filters_are_all_asked_for_together(organization: Organization) -> None:
    lead_id = organization.lead()
    both = organization.conversation(lead_id, channel="web", status="escalated")
    of_lead = organization.conversation(lead_id, channel="voice")
    other = organization.conversation(channel="web")
    assert set(listed(organization)) == {both, of_lead, other}
    assert set(listed(organization, lead_id=lead_id)) == {both, of_lead}
    assert set(listed(organization, channel="web")) == {both, other}
    assert listed(organization, status="escalated") == [both]
    assert listed(organization, lead_id=lead_id, channel="web", status="active") == []


def test_totals_are_of_the_filtered_list(organization: Organization, many: list[UUID]) -> None:
    organization.conversation(channel="voice")
    answer = organization.http.get(PATH, params={"channel": "web", "size": 3}).json()
    assert answer["total"] == len(many)
    assert len(answer["conversations"]) == answer["size"] == 3


@pytest.mark.parametrize("size", [1, 7, 20, 45, 100])
def test_pages_visit_every_row_once(organization: Organization, many: list[UUID], size: int) -> None:
    pages = range(1, -(-len(many) // size) + 1)
    assert [id for page in pages for id in listed(organization, page=page, size=size)] == many


@pytest.mark.parametrize("page", [4, 10**9, 2**63 - 1, 10**30, int("9" * 4300)])
def test_pages_beyond_the_end_are_empty(organization: Organization, many: list[UUID], page: int) -> None:
    answer = organization.http.get(PATH, params={"page": str(page)})
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"conversations": [], "total": len(many), "page": page, "size": 20}


def test_messages_are_chronological_then_by_arrival(organization: Organization) -> None:
    conversation_id = organization.conversation()
    times = ["2026-03-07T10:00:05Z", "2026-03-07T10:00:00Z", "2026-03-07T10:00:00Z"]
    third, first, second = [str(organization.message(conversation_id, created_at=time)) for time in times]
    detail = organization.http.get(f"{PATH}/{conversation_id}").json()
    assert [message["id"] for message in detail["messages"]] == [first, second, third]
    assert organization.http.get(f"{PATH}/{conversation_id}/messages").json() == detail["messages"]


@pytest.fixture
def long(organization: Organization) -> UUID:
    """A conversation of 520 messages, `0` to `519`."""
    conversation_id = organization.conversation()
    organization.sql(
        "INSERT INTO messages (organization_id, conversation_id, role, content)"
        " SELECT %s, %s, 'user', n FROM generate_series(0, 519) AS n ORDER BY n",
        organization.id,
        conversation_id,
    )
    return conversation_id


def test_the_detail_has_all_messages(organization: Organization, long: UUID) -> None:
    messages = organization.http.get(f"{PATH}/{long}").json()["messages"]
    assert [message["content"] for message in messages] == [str(n) for n in range(520)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", range(100)),
        ("limit=1", range(1)),
        ("limit=500", range(500)),
        ("limit=50&offset=490", range(490, 520)),
        ("offset=519", range(519, 520)),
        ("offset=520", range(0)),
        (f"offset={2**63}", range(0)),
        (f"offset={10**30}", range(0)),
    ],
)
def test_messages_by_limit_and_offset(organization: Organization, long: UUID, query: str, expected: range) -> None:
    answer = organization.http.get(f"{PATH}/{long}/messages?{query}")
    assert answer.status_code == 200, answer.text
    assert [int(message["content"]) for message in answer.json()] == list(expected)


@pytest.mark.parametrize("status", ["active", "completed", "escalated", "abandoned"])
def test_every_status_can_be_set(organization: Organization, conversation_id: UUID, status: str) -> None:
    path = f"{PATH}/{conversation_id}"
    assert organization.http.patch(path, json={"status": status}).json()["status"] == status
    assert organization.http.get(path).json()["status"] == status


def test_a_refused_update_changes_nothing(
    organization: Organization, stranger: Organization, conversation_id: UUID
) -> None:
    path = f"{PATH}/{conversation_id}"
    before = organization.http.get(path).json()
    assert stranger.http.patch(path, json={"status": "completed"}).status_code == 404
    assert organization.http.patch(path, json={"status": "done"}).status_code == 422
    with organization.client(scope="conversations:read leads:write") as reader:
        assert reader.patch(path, json={"status": "completed"}).status_code == 403
    assert organization.http.get(path).json() == before


def test_a_lead_filter_does_not_reach_another_organization(stranger: Organization, organization: Organization) -> None:
    lead_id = organization.lead()
    organization.conversation(lead_id)
    assert len(listed(organization, lead_id=lead_id)) == 1
    assert listed(stranger, lead_id=lead_id) == []


@pytest.mark.parametrize("size", [2, 40])
async def test_a_page_is_one_round_trip(context: Context, many: list[UUID], size: int) -> None:
    answer = await conversations.list_conversations(context, ConversationsQuery(size=size))
    assert [item["id"] for item in answer.shown["conversations"]] == many[:size]
    assert context.tenant.statements == 2
    assert len(context.tenant.ran) == 1


async def test_a_conversation_is_one_round_trip(context: Context, long: UUID) -> None:
    answer = await conversations.get_conversation(context, ConversationPath(conversation_id=long))
    assert len(answer["messages"]) == 520
    assert context.tenant.statements == 3
    assert len(context.tenant.ran) == 1


@pytest.mark.parametrize("limit", [2, 400])
async def test_messages_are_one_round_trip(context: Context, long: UUID, limit: int) -> None:
    path = ConversationPath(conversation_id=long)
    assert len((await conversations.get_messages(context, path, MessagesQuery(limit=limit))).shown) == limit
    assert context.tenant.statements == 2
    assert len(context.tenant.ran) == 1


async def test_an_update_is_one_statement(context: Context, conversation_id: UUID) -> None:
    path = ConversationPath(conversation_id=conversation_id)
    body = StatusUpdate(status=ConversationStatus.COMPLETED)
    assert (await conversations.update_conversation_status(context, path, body))["status"] == "completed"
    assert context.tenant.statements == 1
