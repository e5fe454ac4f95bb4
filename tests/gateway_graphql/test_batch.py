"""Batches: several operations in one request."""

from tests.support.organization import Organization

NAME = {"query": "{ __typename }"}


def test_as_many_answers_as_operations_in_their_order(organization: Organization) -> None:
    created = [
        {
            "query": "mutation ($n: String!) { createLead(input: {name: $n}) { lead { name } } }",
            "variables": {"n": str(n)},
        }
        for n in range(9)
    ]
    answer = organization.http.post(
        "/graphql",
        json=[*created, {"query": "{ leads(orderBy: {field: CREATED_AT, direction: ASC}) { nodes { name } } }"}],
    )
    assert answer.status_code == 200
    *leads, listed = [each["data"] for each in answer.json()]
    assert [lead["createLead"]["lead"]["name"] for lead in leads] == [str(n) for n in range(9)]
    assert [node["name"] for node in listed["leads"]["nodes"]] == [str(n) for n in range(9)]


def test_more_than_ten_are_refused(organization: Organization) -> None:
    assert len(organization.http.post("/graphql", json=[NAME] * 10).json()) == 10
    answer = organization.http.post("/graphql", json=[NAME] * 11)
    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert error["extensions"] == {"code": "QUERY_TOO_COMPLEX", "limit": "batch", "maximum": 10, "requested": 11}


def test_a_bad_one_fails_alone(organization: Organization) -> None:
    bad = [
        {"query": "{"},
        {"query": "{ nothing }"},
        {"query": "subscription { leadChanged { id } }"},
        {"query": '{ lead(id: "x") { id } }'},
    ]
    answer = organization.http.post("/graphql", json=[*bad, NAME])
    assert answer.status_code == 200
    codes = [body["errors"][0]["extensions"]["code"] for body in answer.json()[:-1]]
    assert codes == ["GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT", "BAD_USER_INPUT"]
    assert answer.json()[-1]["data"] == {"__typename": "Query"}


def test_no_batches_of_batches(organization: Organization) -> None:
    odd: list[object] = [[], [[NAME]], [1], [NAME, None], [{}]]
    for body in odd:
        answer = organization.http.post("/graphql", json=body)
        assert (answer.status_code, answer.json().keys()) == (400, {"errors"}), body


def test_no_batches_by_get_or_as_a_stream(organization: Organization) -> None:
    assert organization.http.get("/graphql", params={"query": '[{"query": "{ __typename }"}]'}).json().keys() == {
        "errors"
    }
    answer = organization.http.post("/graphql", json=[NAME], headers={"Accept": "text/event-stream"})
    assert answer.status_code == 400
