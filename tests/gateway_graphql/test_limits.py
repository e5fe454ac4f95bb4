"""Limits: what is exactly allowed passes, one more is refused with the limit's name."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from graphql import get_introspection_query

from tests.support.organization import Organization


def nested(depth: int) -> str:
    """Fields in each other."""
    links = ["leads", "nodes", "conversations", "nodes", "lead", "conversations", "nodes", "lead"]
    names = [*links[:5], *(links[5:] * depth)][: depth - 1]
    text = "id" if names[-1] in {"lead", "nodes"} else "totalCount"
    for name in reversed(names):
        text = f"{name}{'(first: 1)' if name in {'leads', 'conversations'} else ''} {{ {text} }}"
    return f"{{ {text} }}"


def aliases(count: int) -> str:
    return "{ viewer { " + " ".join(f"a{n}: userId" for n in range(count)) + " } }"


def directives(count: int) -> str:
    return "{ viewer { " + "... @skip(if: false) { userId } " * count + "} }"


def root_fields(count: int) -> str:
    return "{ " + "viewer { userId } " * count + "}"


def tokens(count: int) -> str:
    return "{ leads(filter: {status: [" + "NEW " * (count - 16) + "]}) { totalCount } }"


SHAPES: list[tuple[str, int, Callable[[int], str]]] = [
    ("depth", 15, nested),
    ("aliases", 50, aliases),
    ("directives", 50, directives),
    ("root_fields", 100, root_fields),
]


@pytest.mark.parametrize(("most", "shape"), [(most, shape) for _, most, shape in SHAPES])
def test_as_much_as_is_allowed(organization: Organization, most: int, shape: Callable[[int], str]) -> None:
    assert organization.graphql(shape(most))


@pytest.mark.parametrize(("limit", "most", "shape"), SHAPES)
@pytest.mark.parametrize("more", [1, 7])
def test_more_than_is_allowed(
    organization: Organization, limit: str, most: int, shape: Callable[[int], str], more: int
) -> None:
    answer = organization.http.post("/graphql", json={"query": shape(most + more)})
    assert answer.json().keys() == {"errors"}
    (error,) = answer.json()["errors"]
    expected = {"code": "QUERY_TOO_COMPLEX", "limit": limit, "maximum": most, "requested": most + more}
    assert error["extensions"] == expected
    assert str(most) in error["message"]


def test_tokens(organization: Organization) -> None:
    assert organization.graphql(tokens(2000)) == {"leads": {"totalCount": 0}}
    (error,) = organization.graphql_errors(tokens(2001))
    assert error["message"] == "The limit of tokens is 2000; this has 2001 or more."
    expected = {"code": "QUERY_TOO_COMPLEX", "limit": "tokens", "maximum": 2000, "requested": 2001}
    assert error["extensions"] == expected
    (error,) = organization.graphql_errors(tokens(9000))
    assert error["extensions"] == expected


def test_fragments_count_as_often_as_they_are_spread(organization: Organization) -> None:
    fragment = "fragment F on Viewer { a: userId b: organizationId }"
    assert organization.graphql("{ viewer { " + "...F " * 25 + "} } " + fragment)
    (error,) = organization.graphql_errors("{ viewer { " + "...F " * 26 + "} } " + fragment)
    assert (error["extensions"]["limit"], error["extensions"]["requested"]) == ("aliases", 52)


@pytest.mark.parametrize("field", ["a: userId", "userId"])
def test_a_bomb_of_fragments_is_refused_at_once(organization: Organization, field: str) -> None:
    bomb = "{ viewer { ...F0 } } " + " ".join(
        f"fragment F{n} on Viewer {{ ...F{n + 1} ...F{n + 1} {field} }}" for n in range(100)
    )
    began = time.monotonic()
    organization.http.post("/graphql", json={"query": bomb + f"fragment F100 on Viewer {{ {field} }}"})
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("count", [10, 50, 100, 150, 200, 250, 300])
@pytest.mark.parametrize("shape", ["chain", "inline", "list", "object", "type"])
def test_what_is_nested_deep_is_answered_or_refused(organization: Organization, shape: str, count: int) -> None:
    query = {
        "chain": "{ viewer { ...F0 } } "
        + " ".join(f"fragment F{n} on Viewer {{ ...F{n + 1} }}" for n in range(count))
        + f"fragment F{count} on Viewer {{ userId }}",
        "inline": "{ viewer { " + "... { " * count + "userId " + "} " * count + "} }",
        "list": f"{{ nodes(ids: {'[' * count}{']' * count}) {{ id }} }}",
        "object": f"{{ leads(filter: {'{a: ' * count}1{'}' * count}) {{ totalCount }} }}",
        "type": f"query ($a: {'[' * count}ID{']' * count}) {{ viewer {{ userId }} }}",
    }[shape]
    body = organization.http.post("/graphql", json={"query": query}).json()
    codes = [error["extensions"]["code"] for error in body.get("errors", [])]
    assert "INTERNAL" not in codes
    assert codes or body["data"]


def test_a_cycle_is_a_validation_error(organization: Organization) -> None:
    query = "{ viewer { ...A } } fragment A on Viewer { ...B } fragment B on Viewer { ...A }"
    assert {e["extensions"]["code"] for e in organization.graphql_errors(query)} == {"GRAPHQL_VALIDATION_FAILED"}


def test_several_limits_are_all_named(organization: Organization) -> None:
    query = "{ " + " ".join(f"a{n}: __typename" for n in range(101)) + " }"
    errors = organization.graphql_errors(query)
    assert {error["extensions"]["limit"] for error in errors} == {"aliases", "root_fields"}


@pytest.mark.parametrize(
    "options",
    [
        {},
        {
            "input_value_deprecation": True,
            "specified_by_url": True,
            "schema_description": True,
            "directive_is_repeatable": True,
        },
    ],
)
def test_introspection_passes(organization: Organization, options: dict[str, bool]) -> None:
    found: dict[str, Any] = organization.graphql(get_introspection_query(**options))
    assert {"Query", "Mutation", "Subscription"} <= {kind["name"] for kind in found["__schema"]["types"]}


def test_introspection_may_stand_beside_other_fields(organization: Organization) -> None:
    found = organization.graphql("{ viewer { userId } __schema { queryType { name } } }")
    assert found == {"viewer": {"userId": "user-1"}, "__schema": {"queryType": {"name": "Query"}}}


def test_introspection_of_introspection_is_refused_at_once(organization: Organization) -> None:
    text = "name"
    for _ in range(7):
        text = f"fields {{ type {{ {text} }} }}"
    began = time.monotonic()
    answer = organization.http.post("/graphql", json={"query": f"{{ __schema {{ types {{ {text} }} }} }}"})
    assert answer.json().keys() == {"errors"}
    assert time.monotonic() - began < 2
