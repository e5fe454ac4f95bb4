"""Introspection that is off: neither introspection nor errors tell the schema's names."""

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from graphql import get_introspection_query

from gateway.settings import Settings
from gateway_graphql.documents import Documents, RequestErrors
from gateway_graphql.limits import Limits
from gateway_graphql.schema import schema
from gateway_graphql.subgraph import subgraph
from tests.support.organization import Organization
from tests.support.server import serving
from tests.support.socket import acknowledged


@pytest.fixture(scope="module")
def reserved(settings: Settings, connection: psycopg.Connection) -> Iterator[Organization]:
    """Asks a gateway that does not tell its schema."""
    with (
        serving(settings.model_copy(update={"introspection": False})) as url,
        Organization(connection, url) as organization,
    ):
        yield organization


class TestIntrospection:
    """Where a setting says so, nobody learns the schema's names by asking, or by asking for what is nearly there."""

    @pytest.mark.parametrize(
        "query",
        [
            get_introspection_query(),
            '{ __type(name: "Lead") { name } }',
            "{ a: __schema { types { name } } }",
            "{ ...F } fragment F on Query { __schema { queryType { name } } }",
            "query ($x: Boolean = true) { __schema @include(if: $x) { description } }",
        ],
    )
    def test_is_refused(self, reserved: Organization, query: str) -> None:
        errors = reserved.graphql_errors(query)
        assert {error["extensions"]["code"] for error in errors} == {"GRAPHQL_VALIDATION_FAILED"}

    def test_type_names_stay(self, reserved: Organization) -> None:
        assert reserved.graphql("{ __typename viewer { __typename } }")["viewer"] == {"__typename": "Viewer"}

    @pytest.mark.parametrize(
        ("query", "variables"),
        [
            ("{ conversation { id } }", {}),
            ("{ conversatons { totalCount } }", {}),
            ("{ leads(firs: 1) { totalCount } }", {}),
            ("{ leads { totalCoun } }", {}),
            ("{ leads @skipp(if: true) { totalCount } }", {}),
            ("{ leads(filter: {statu: [NEW]}) { totalCount } }", {}),
            ("{ leads(filter: {status: [NEWW]}) { totalCount } }", {}),
            ("query ($f: LeadFilte) { leads(filter: $f) { totalCount } }", {}),
            ("query ($s: [LeadStatus!]) { leads(filter: {status: $s}) { totalCount } }", {"s": ["NEWW"]}),
            ("query ($f: LeadFilter) { leads(filter: $f) { totalCount } }", {"f": {"statu": ["NEW"]}}),
            ("query ($f: LeadFilter) { leads(filter: $f) { totalCount } }", {"f": {"channel": ["WEBB"]}}),
            ("{ node(id: 1) { ... on Leed { name } } }", {}),
            ("{ leads }", {}),
        ],
    )
    def test_errors_suggest_nothing(
        self, reserved: Organization, organization: Organization, query: str, variables: dict[str, Any]
    ) -> None:
        errors = reserved.graphql_errors(query, **variables)
        assert "Did you mean" not in json.dumps(errors)
        told = organization.graphql_errors(query, **variables)
        assert [error["message"].partition(" Did you mean ")[0] for error in told] == [e["message"] for e in errors]

    def test_events_suggest_nothing(self, reserved: Organization) -> None:
        with acknowledged(reserved) as socket:
            socket.subscribe("subscription { leadChange { id } }")
            (error,) = socket.receive()["payload"]
        assert error["message"].endswith("'leadChange' on type 'Subscription'.")

    def test_it_is_told_elsewhere(self, organization: Organization) -> None:
        (error,) = organization.graphql_errors("{ conversatons { totalCount } }")
        assert "Did you mean 'conversations'" in error["message"]


def test_the_subgraph_s_own_introspection_is_for_its_router() -> None:
    kept = Documents(subgraph, Limits(), introspection=False)
    assert not isinstance(kept("{ _service { sdl } }"), RequestErrors)
    assert isinstance(kept("{ __schema { description } }"), RequestErrors)
    assert isinstance(Documents(schema, Limits())("{ _service { sdl } }"), RequestErrors)
