"""Requests made of openapi.json, good and bad, to a listening gateway: it answers as the document says."""

from typing import Any
from uuid import UUID

import schemathesis
from hypothesis import HealthCheck, settings

from rest_compat.openapi import openapi_document
from tests.support.organization import Organization

# Schemathesis itself takes a refusal of good data for an answer: 401, 404, even 5xx. Here is none of them.
CONFIG = schemathesis.Config.from_dict({"checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", "304"]}}})
TOKEN = "Bearer of the organization"

schema = schemathesis.openapi.from_dict(openapi_document(), config=CONFIG)


@schema.auth()
class Auth:
    """Stands in for the organization's token, which is not there yet. Where a bad one is drawn, that is sent."""

    def get(self, *_: object) -> str:
        return TOKEN

    def set(self, case: "schemathesis.Case[Any]", token: str, _: object) -> None:
        case.headers["Authorization"] = token


@schema.parametrize()
@settings(
    max_examples=10,
    deadline=None,
    derandomize=True,
    # One organization for all that is drawn; and machines may be busy.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_every_check(case: "schemathesis.Case[Any]", organization: Organization, conversation_id: UUID) -> None:
    fill_in(case, organization, {"conversation_id": conversation_id, "lead_id": organization.lead()})
    answer = case.call_and_validate(base_url=organization.url)
    assert answer.status_code < 500


def fill_in(case: "schemathesis.Case[Any]", organization: Organization, known: dict[str, UUID]) -> None:
    """Put what nobody can draw in place of what was drawn well: ids, the token, the tag; and use no key twice."""
    for name, value in (case.path_parameters or {}).items():
        if is_uuid(value):
            case.path_parameters[name] = str(known[name])
    if case.headers.get("Authorization") == TOKEN:
        case.headers["Authorization"] = organization.http.headers["Authorization"]
    if "If-Match" in case.headers:
        case.headers["If-Match"] = organization.http.get(case.formatted_path).headers.get("ETag", "*")
    organization.sql("DELETE FROM idempotency_keys WHERE organization_id = %s", organization.id)


def is_uuid(text: object) -> bool:
    """Say whether a drawn path parameter is a good one."""
    try:
        return str(UUID(str(text))) == text
    except ValueError:
        return False
