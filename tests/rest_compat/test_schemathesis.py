"""Requests made of openapi.json, good and bad, to a listening gateway: it answers as the document says."""

from typing import Any
from uuid import UUID

import schemathesis
from hypothesis import HealthCheck, settings

from rest_compat.openapi import openapi_document
from tests.support.organization import Organization

# What is known already, missing, used before or changed since is an answer to a good request, too.
ANSWERED = ["2xx", "304", "404", "409", "412"]
CONFIG = schemathesis.Config.from_dict(
    {
        "checks": {"positive_data_acceptance": {"expected-statuses": ANSWERED}},
        # Unknown query parameters are ignored, as FastAPI does; the token is the test's to send; and NUL deep
        # in metadata is refused where no schema says so: tests/rest_compat/test_lead_changes.py has it.
        "generation": {"allow-extra-parameters": False, "with-security-parameters": False, "allow-x00": False},
    }
)

schema = schemathesis.openapi.from_dict(openapi_document(), config=CONFIG)


@schema.parametrize()
@settings(
    max_examples=10,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # one organization for all that is drawn
)
def test_every_check(case: "schemathesis.Case[Any]", organization: Organization, conversation_id: UUID) -> None:
    known = {"conversation_id": conversation_id, "lead_id": organization.lead()}
    for name, value in (case.path_parameters or {}).items():
        if is_uuid(value):
            case.path_parameters[name] = str(known[name])
    headers = {"Authorization": organization.http.headers["Authorization"]}
    answer = case.call_and_validate(base_url=organization.url, headers=headers)
    assert answer.status_code < 500


def is_uuid(text: object) -> bool:
    """Say whether a drawn path parameter is a good one."""
    try:
        return str(UUID(str(text))) == text
    except ValueError:
        return False
