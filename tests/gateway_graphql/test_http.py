"""GraphQL over HTTP: methods, media types, status codes, and requests that hold no operation."""

import json
from typing import Any

import httpx
import pytest

from tests.support.organization import Organization

JSON, GRAPHQL_JSON = "application/json", "application/graphql-response+json"
NAME = "{ __typename }"
TWO = "query A { a: __typename } query B($b: Boolean!) { b: __typename @include(if: $b) }"
MUTATION = "mutation { __typename }"


def code(answer: httpx.Response) -> str:
    """The code of the one error of a request that nothing of was executed."""
    assert answer.json().keys() == {"errors"}
    (error,) = answer.json()["errors"]
    found: str = error["extensions"]["code"]
    return found


def post(organization: Organization, content: bytes, **headers: str) -> httpx.Response:
    return organization.http.post("/graphql", content=content, headers={"content-type": JSON, **headers}, timeout=10)


class TestAnswers:
    """What is answered."""

    @pytest.mark.parametrize(
        ("accept", "media_type"),
        [
            ("*/*", JSON),
            (JSON, JSON),
            (GRAPHQL_JSON, GRAPHQL_JSON),
            (f"{GRAPHQL_JSON}, {JSON};q=0.9", GRAPHQL_JSON),
            ("text/html, */*;q=0.1", JSON),
        ],
    )
    def test_post(self, organization: Organization, accept: str, media_type: str) -> None:
        answer = organization.http.post("/graphql", json={"query": NAME}, headers={"accept": accept})
        assert answer.status_code == 200
        assert answer.json()["data"] == {"__typename": "Query"}
        assert answer.headers["content-type"] == f"{media_type}; charset=utf-8"
        assert "Accept" in answer.headers["vary"]

    def test_get(self, organization: Organization) -> None:
        organization.conversation()
        query = "query ($n: Int, $f: ConversationFilter) { conversations(first: $n, filter: $f) { totalCount } }"
        variables = json.dumps({"n": 1, "f": {"status": ["ACTIVE"]}})
        answer = organization.http.get("/graphql", params={"query": query, "variables": variables})
        assert answer.json()["data"] == {"conversations": {"totalCount": 1}}
        empty = {"query": NAME, "variables": "", "operationName": "", "extensions": ""}
        assert organization.http.get("/graphql", params=empty).json()["data"] == {"__typename": "Query"}

    def test_head_has_no_body(self, organization: Organization) -> None:
        answer = organization.http.head("/graphql", params={"query": NAME})
        assert (answer.status_code, answer.content) == (200, b"")

    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_the_operation_is_chosen_by_name(self, organization: Organization, method: str) -> None:
        def ask(name: str, variables: dict[str, Any]) -> Any:
            if method == "POST":
                request = {"query": TWO, "operationName": name, "variables": variables}
                return organization.http.post("/graphql", json=request).json()
            params = {"query": TWO, "operationName": name, "variables": json.dumps(variables)}
            return organization.http.get("/graphql", params=params).json()

        assert ask("A", {})["data"] == {"a": "Query"}
        assert ask("B", {"b": True, "not used": 1})["data"] == {"b": "Query"}
        assert ask("C", {})["errors"][0]["extensions"] == {"code": "BAD_USER_INPUT"}
        assert "data" not in ask("C", {})

    def test_a_document_of_several_needs_a_name(self, organization: Organization) -> None:
        answer = organization.http.post("/graphql", json={"query": TWO})
        assert code(answer) == "BAD_USER_INPUT"

    def test_html_is_for_browsers(self, organization: Organization) -> None:
        page = httpx.get(f"{organization.url}/graphql", headers={"accept": "text/html,*/*;q=0.8"})
        assert page.status_code == 200
        assert page.headers["content-type"].startswith("text/html")
        posted = organization.http.post("/graphql", json={"query": NAME}, headers={"accept": "text/html"})
        assert posted.status_code == 406

    def test_errors_of_fields_stand_beside_data(self, organization: Organization) -> None:
        body = organization.http.post("/graphql", json={"query": '{ __typename lead(id: "x") { id } }'}).json()
        assert body["data"] == {"__typename": "Query", "lead": None}
        assert body["errors"][0]["path"] == ["lead"]
        assert body["errors"][0]["locations"] == [{"line": 1, "column": 14}]

    @pytest.mark.parametrize("media_type", [JSON, GRAPHQL_JSON])
    def test_an_error_where_null_cannot_be_takes_all_data(self, organization: Organization, media_type: str) -> None:
        answer = organization.http.post(
            "/graphql", json={"query": "{ leads(first: -1) { totalCount } }"}, headers={"accept": media_type}
        )
        assert answer.status_code == 200
        assert answer.json()["data"] is None
        assert answer.json()["errors"][0]["path"] == ["leads"]


class TestDocuments:
    """Documents that cannot be executed: no data, and 400 in the media type that has it so."""

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("{", "GRAPHQL_PARSE_FAILED"),
            ("{ conversations { } }", "GRAPHQL_PARSE_FAILED"),
            ("", "BAD_USER_INPUT"),
            (" ", "GRAPHQL_PARSE_FAILED"),
            ("# nothing", "GRAPHQL_PARSE_FAILED"),
            ("\0", "GRAPHQL_PARSE_FAILED"),
            ("fragment F on Query { __typename }", "GRAPHQL_VALIDATION_FAILED"),
            ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
            ("{ conversations }", "GRAPHQL_VALIDATION_FAILED"),
            ("{ lead { id } }", "GRAPHQL_VALIDATION_FAILED"),
            ("query ($f: Int!) { leads(first: $f) { totalCount } }", "BAD_USER_INPUT"),
            ("{ ...F } fragment F on Query { ...F }", "GRAPHQL_VALIDATION_FAILED"),
        ],
    )
    def test_are_refused(self, organization: Organization, query: str, expected: str) -> None:
        for media_type, status in ((GRAPHQL_JSON, 400), (JSON, 200 if query else 400)):
            headers = {"accept": media_type}
            answer = organization.http.post("/graphql", json={"query": query}, headers=headers)
            assert code(answer) == expected
            assert answer.status_code == status

    @pytest.mark.parametrize(
        "query",
        [
            pytest.param("{ a " * 10_000 + "}" * 10_000, id="selections"),
            pytest.param("{ a(b: " + "[" * 10_000 + "]" * 10_000 + ") }", id="lists"),
            pytest.param("{ a(b: " + "{c: " * 10_000 + "1" + "}" * 10_000 + ") }", id="objects"),
            pytest.param("query ($a: " + "[" * 10_000 + "Int" + "]" * 10_000 + ") { __typename }", id="types"),
            pytest.param(
                "{ ...F0 }" + "".join(f" fragment F{n} on Query {{ ...F{n + 1} }}" for n in range(1000)),
                id="fragments",
            ),
            pytest.param("{ " + "__typename " * 3_000 + "}", id="the same field"),
        ],
    )
    def test_bombs_do_no_harm(self, organization: Organization, query: str) -> None:
        answer = organization.http.post("/graphql", json={"query": query}, timeout=10)
        assert answer.status_code in {200, 400}
        assert code(answer).startswith(("GRAPHQL_", "QUERY_"))
        assert organization.graphql(NAME) == {"__typename": "Query"}

    def test_mutations_do_not_go_over_get(self, organization: Organization) -> None:
        answer = organization.http.get("/graphql", params={"query": MUTATION})
        assert code(answer) in {"BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED"}
        both = {"query": f"query Q {NAME} mutation M {{ __typename }}", "operationName": "M"}
        answer = organization.http.get("/graphql", params=both)
        assert "errors" in answer.json()
        assert answer.json().get("data") is None


class TestBodies:
    """Requests that hold no operation."""

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"{",
            b"[]",
            b"null",
            b'"query"',
            b"{}",
            b"\xff\xfe{}",
            b"\xef\xbb\xbf{}",
            b"[" * 500_000,
            b'{"a":' * 100_000,
            b'{"query": 5}',
            b'{"query": null}',
            b'{"query": ["{ __typename }"]}',
            b'{"query": "{ __typename }"} {}',
            b'{"query": "\\ud800"}',
            b'{"query": "{ __typename }", "query": 5}',
            b'{"query": "{ __typename }", "operationName": 5}',
            b'{"query": "{ __typename }", "variables": []}',
            b'{"query": "{ __typename }", "variables": "{}"}',
            b'{"query": "{ __typename }", "variables": {"a": 1e999}}',
            b'{"query": "{ __typename }", "variables": {"a": NaN}}',
            b'{"query": "{ __typename }", "extensions": 1}',
        ],
    )
    def test_are_bad_requests(self, organization: Organization, content: bytes) -> None:
        answer = post(organization, content)
        assert answer.status_code == 400
        assert code(answer) == "BAD_USER_INPUT"

    @pytest.mark.parametrize(
        "content",
        [
            b' \n{"query": "{ __typename }", "other": [1]}\n',
            b'{"query": 5, "query": "{ __typename }"}',
            b'{"query": "{ __typename }", "variables": null, "operationName": null, "extensions": {}}',
            b'{"query": "{ __typename }", "variables": {"a": %s}}' % (b"[" * 500 + b"]" * 500),
            '{"query": "{ __typename } # Grüße"}'.encode(),
        ],
    )
    def test_are_read(self, organization: Organization, content: bytes) -> None:
        assert post(organization, content).json()["data"] == {"__typename": "Query"}

    @pytest.mark.parametrize(
        "media_type",
        ["", "text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1"],
    )
    def test_are_of_one_media_type(self, organization: Organization, media_type: str) -> None:
        answer = post(organization, b'{"query": "{ __typename }"}', **{"content-type": media_type})
        assert answer.status_code == 415
        assert code(answer) == "BAD_USER_INPUT"
        assert answer.headers["accept-post"] == JSON

    @pytest.mark.parametrize("media_type", ["application/json;charset=UTF-8", "Application/JSON", "application/json;"])
    def test_may_say_their_charset(self, organization: Organization, media_type: str) -> None:
        answer = post(organization, b'{"query": "{ __typename }"}', **{"content-type": media_type})
        assert answer.status_code == 200

    @pytest.mark.parametrize(
        "params",
        [
            {},
            {"query": ""},
            {"query": NAME, "variables": "{"},
            {"query": NAME, "variables": "[]"},
            {"query": NAME, "extensions": "1"},
        ],
    )
    def test_parameters_may_hold_none_either(self, organization: Organization, params: dict[str, str]) -> None:
        answer = organization.http.get("/graphql", params=params, headers={"accept": JSON})
        assert answer.status_code == 400
        assert code(answer) == "BAD_USER_INPUT"

    @pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS"])
    def test_other_methods(self, organization: Organization, method: str) -> None:
        answer = organization.http.request(method, "/graphql")
        assert answer.status_code == 405
        assert answer.headers["allow"] == "GET, HEAD, POST"
        assert code(answer) == "BAD_USER_INPUT"

    def test_other_media_types_are_not_answered(self, organization: Organization) -> None:
        answer = organization.http.post("/graphql", json={"query": NAME}, headers={"accept": "image/png"})
        assert answer.status_code == 406
        assert code(answer) == "BAD_USER_INPUT"
