"""The lead calls: fields, search, filters, pages, cost."""

from typing import Any
from uuid import UUID

import pytest

from gateway_graphql.context import Context
from rest_compat import leads
from rest_compat.parameters import LeadPath, LeadsQuery
from tests.support.organization import Organization

PATH = "/api/v1/leads"
FULL: dict[str, Any] = {
    "id": "550e8400-0000-4000-8000-000000000000",
    "name": "Jane Smith",
    "phone": "+49 123 456789",
    "email": "jane@example.com",
    "company": None,
    "channel": "whatsapp",
    "channel_id": "+49123456789",
    "status": "booking_offered",
    "preferred_services": ["haircut", "Färben ✂️"],
    "appointment_notes": "after five",
    "metadata": {"tags": ["regular"], "visits": 3},
    "created_at": "2026-03-07T10:00:00Z",
    "updated_at": "2026-03-07T10:15:00.500000Z",
}
BRIEF = ["id", "name", "phone", "email", "company", "channel", "status", "created_at"]


@pytest.fixture
def jane(organization: Organization) -> UUID:
    """A lead with every field filled but one."""
    return organization.lead(**FULL)


@pytest.mark.usefixtures("jane")
def test_a_list_shows_leads_in_brief(organization: Organization) -> None:
    answer = organization.http.get(PATH).json()
    assert answer == {"leads": [{key: FULL[key] for key in BRIEF}], "total": 1, "page": 1, "size": 20}
    assert list(answer) == ["leads", "total", "page", "size"]
    assert list(answer["leads"][0]) == BRIEF


def test_a_lead_is_shown_in_full(organization: Organization, jane: UUID) -> None:
    answer = organization.http.get(f"{PATH}/{jane}").json()
    assert answer == FULL
    assert list(answer) == list(FULL)


def test_a_lead_of_defaults(organization: Organization) -> None:
    answer = organization.http.get(f"{PATH}/{organization.lead()}").json()
    assert {key for key, value in answer.items() if value is None} == {
        "phone",
        "email",
        "company",
        "channel_id",
        "appointment_notes",
    }
    assert answer["preferred_services"] == []
    assert answer["metadata"] == {}


@pytest.mark.parametrize("size", [1, 20, 100])
def test_pages_visit_every_lead_once_newest_first(organization: Organization, size: int) -> None:
    rows = organization.sql(
        "INSERT INTO leads (organization_id, name, channel, created_at)"
        " SELECT %s, 'Lead', 'web', timestamptz '2026-03-07Z' + n / 4 * interval '1 hour'"
        " FROM generate_series(1, 45) AS n RETURNING created_at, id",
        organization.id,
    )
    answers = [
        organization.http.get(PATH, params={"page": page, "size": size}).json() for page in range(1, -(-45 // size) + 1)
    ]
    assert {answer["total"] for answer in answers} == {45}
    visited = [UUID(lead["id"]) for answer in answers for lead in answer["leads"]]
    assert visited == [id for _, id in sorted(rows, reverse=True)]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"search": "jane"}, {"Jane"}),
        ({"search": "JANE@"}, {"Jane"}),
        ({"search": "gmbh"}, {"Karl"}),
        ({"search": "555"}, {"Karl", "Zoë"}),
        ({"search": "zOË"}, {"Zoë"}),
        ({"search": "%"}, set()),
        ({"search": "nobody"}, set()),
        ({"search": ""}, {"Jane", "Karl", "Zoë"}),
        ({"search": "5", "channel": "email"}, {"Zoë"}),
        ({"status": "booked"}, {"Jane"}),
        ({"status": "lost"}, set()),
        ({"status": "new", "channel": "web"}, {"Karl"}),
    ],
)
def test_search_and_filters(organization: Organization, query: dict[str, str], found: set[str]) -> None:
    organization.lead(name="Jane", email="jane@example.com", status="booked")
    organization.lead(name="Karl", company="Keller GmbH", phone="+49 555 1", channel="web")
    organization.lead(name="Zoë", phone="555-2", channel="email", appointment_notes="jane")
    answer = organization.http.get(PATH, params=query).json()
    assert {lead["name"] for lead in answer["leads"]} == found
    assert answer["total"] == len(found)


def test_lists_keep_to_the_organization(organization: Organization, stranger: Organization) -> None:
    organization.lead()
    assert organization.http.get(PATH).json()["total"] == 1
    assert stranger.http.get(PATH, params={"search": "Jane"}).json()["total"] == 0


@pytest.mark.parametrize("size", [2, 40])
async def test_a_page_is_one_round_trip(context: Context, organization: Organization, size: int) -> None:
    for _ in range(5):
        organization.lead()
    answer = await leads.list_leads(context, LeadsQuery(size=size))
    assert len(answer.shown["leads"]) == min(size, 5)
    assert context.tenant.statements == 2
    assert len(context.tenant.ran) == 1


async def test_a_lead_is_one_statement(context: Context, jane: UUID) -> None:
    assert (await leads.get_lead(context, LeadPath(lead_id=jane)))["name"] == "Jane Smith"
    assert context.tenant.statements == 1
