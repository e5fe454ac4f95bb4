"""Operations sent by a name: Apollo's automatic ones, an operator's trusted ones, and answers kept by clients."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from gateway.auth import Viewer
from gateway.database.pool import Database
from gateway.settings import Settings
from gateway_graphql.context import Context
from gateway_graphql.execution import Executor
from gateway_graphql.operation import Operation
from gateway_graphql.persisted import Mode, PersistedOperations, read_manifest
from gateway_graphql.schema import schema
from tests.support.logs import logged
from tests.support.organization import SECRET, Organization
from tests.support.server import serving
from tests.support.socket import acknowledged

QUERY = "query Me { viewer { userId } }"
HASH = sha256(QUERY.encode()).hexdigest()
ME = {"viewer": {"userId": "user-1"}}
OTHER = "{ __typename }"
MUTATION = 'mutation Create { createLead(input: {name: "Jane"}) { lead { name } } }'


def persisted(hash: str, version: object = 1) -> dict[str, Any]:
    return {"persistedQuery": {"version": version, "sha256Hash": hash}}


def unique() -> tuple[str, str]:
    """A text that nobody has sent before, and its hash."""
    text = f"query Q{uuid4().hex} {{ viewer {{ userId }} }}"
    return text, sha256(text.encode()).hexdigest()


def ask(organization: Organization, method: str, **request: Any) -> httpx.Response:
    if method == "POST":
        return organization.http.post("/graphql", json=request)
    params = {name: value if isinstance(value, str) else json.dumps(value) for name, value in request.items()}
    return organization.http.get("/graphql", params=params)


@pytest.mark.parametrize("method", ["GET", "POST"])
class TestAutomatic:
    """As Apollo's clients send them."""

    def test_the_hash_then_both_then_the_hash(self, organization: Organization, method: str) -> None:
        text, hash = unique()
        answer = ask(organization, method, extensions=persisted(hash))
        assert answer.status_code == 200
        (error,) = answer.json()["errors"]
        assert error["message"] == "PersistedQueryNotFound"
        assert error["extensions"] == {"code": "PERSISTED_QUERY_NOT_FOUND"}
        assert ask(organization, method, query=text, extensions=persisted(hash)).json()["data"] == ME
        assert ask(organization, method, extensions=persisted(hash)).json()["data"] == ME
        assert ask(organization, method, documentId=hash).json()["data"] == ME

    @pytest.mark.parametrize(
        "extension",
        [
            1,
            [],
            "x",
            {},
            {"version": 1},
            {"version": 2, "sha256Hash": HASH},
            {"version": 1, "sha256Hash": 5},
            {"sha256Hash": HASH},
        ],
    )
    def test_bad_ones(self, organization: Organization, method: str, extension: object) -> None:
        answer = ask(organization, method, query=QUERY, extensions={"persistedQuery": extension})
        assert answer.json()["errors"][0]["extensions"] == {"code": "BAD_USER_INPUT"}

    def test_another_texts_hash(self, organization: Organization, method: str) -> None:
        _, hash = unique()
        answer = ask(organization, method, query=QUERY, extensions=persisted(hash))
        assert answer.json()["errors"][0]["extensions"] == {"code": "BAD_USER_INPUT"}
        answer = ask(organization, method, extensions=persisted(hash))
        assert answer.json()["errors"][0]["message"] == "PersistedQueryNotFound"

    def test_an_unknown_document(self, organization: Organization, method: str) -> None:
        answer = ask(organization, method, documentId="nothing")
        assert answer.json()["errors"][0]["extensions"] == {"code": "PERSISTED_QUERY_NOT_FOUND"}


def test_a_mutation_by_its_hash_is_not_run_by_get(organization: Organization) -> None:
    extensions = persisted(sha256(MUTATION.encode()).hexdigest())
    assert ask(organization, "POST", query=MUTATION, extensions=extensions).json()["data"]
    assert ask(organization, "GET", extensions=extensions).status_code == 405
    assert organization.sql("SELECT count(*) FROM leads WHERE organization_id = %s", organization.id) == [(1,)]


def test_what_is_sent_often_is_kept_and_the_rest_forgotten(
    organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway_graphql.persisted.KEPT_TEXTS", 3)
    often, *others = [unique() for _ in range(5)]
    for text, hash in (often, *others):
        assert ask(organization, "POST", query=text, extensions=persisted(hash)).json()["data"] == ME
        assert ask(organization, "POST", extensions=persisted(often[1])).json()["data"] == ME
    assert ask(organization, "POST", extensions=persisted(others[0][1])).json()["errors"]


MANIFESTS: dict[str, Any] = {
    "graphql-codegen": {HASH: QUERY, "create": MUTATION},
    "relay": {"1f2e3d": QUERY, "create": MUTATION},
    "apollo": {
        "format": "apollo-persisted-query-manifest",
        "version": 1,
        "operations": [
            {"id": HASH, "body": QUERY, "name": "Me", "type": "query"},
            {"id": "create", "body": MUTATION, "name": "Create", "type": "mutation"},
        ],
    },
}
Trusting = Callable[[str, str], Any]


@pytest.fixture
def trusting(database_url: str, connection: psycopg.Connection, tmp_path: Path) -> Trusting:
    """Serves the documents of a manifest."""

    @contextmanager
    def serve(manifest: str, mode: str) -> Iterator[Organization]:
        path = tmp_path / "manifest.json"
        path.write_text(json.dumps(MANIFESTS[manifest]))
        settings = Settings(
            database_url=database_url, jwt_secret=SECRET, documents=str(path), documents_mode=mode, _env_file=None
        )
        with serving(settings) as url, Organization(connection, url) as organization:
            yield organization

    return serve


def code(answer: httpx.Response) -> str:
    found: str = answer.json()["errors"][0]["extensions"]["code"]
    return found


@pytest.mark.parametrize("manifest", MANIFESTS)
def test_only_trusted_documents(trusting: Trusting, manifest: str) -> None:
    id = "1f2e3d" if manifest == "relay" else HASH
    with trusting(manifest, "only") as organization:
        for method in ("GET", "POST"):
            assert ask(organization, method, documentId=id).json()["data"] == ME
            assert ask(organization, method, extensions=persisted(id)).json()["data"] == ME
            assert ask(organization, method, extensions=persisted(HASH)).json()["data"] == ME
            assert ask(organization, method, query=QUERY).json()["data"] == ME
            assert code(ask(organization, method, query=OTHER)) == "PERSISTED_QUERY_REQUIRED"
            hash = sha256(OTHER.encode()).hexdigest()
            assert (
                code(ask(organization, method, query=OTHER, extensions=persisted(hash))) == "PERSISTED_QUERY_REQUIRED"
            )
            assert code(ask(organization, method, documentId=hash)) == "PERSISTED_QUERY_NOT_FOUND"
        assert ask(organization, "POST", documentId=f"sha256:{id}").json()["data"] == ME
        assert ask(organization, "POST", documentId="create").json()["data"]["createLead"]["lead"] == {"name": "Jane"}
        assert ask(organization, "GET", documentId="create").status_code == 405
        batch = organization.http.post("/graphql", json=[{"documentId": id}, {"query": OTHER}]).json()
        assert batch[0]["data"] == ME
        assert batch[1]["errors"][0]["extensions"] == {"code": "PERSISTED_QUERY_REQUIRED"}
        with acknowledged(organization) as socket:
            socket.send("subscribe", id="1", payload={"documentId": id})
            assert socket.next("1") == ME
            socket.receive()
            socket.send("subscribe", id="1", payload={"query": OTHER})
            assert socket.receive()["payload"][0]["extensions"] == {"code": "PERSISTED_QUERY_REQUIRED"}


async def test_trusted_documents_are_compiled_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    trusted = {"me": QUERY, "broken": "{ nobody }"}
    execute = Executor(schema, PersistedOperations(trusted, Mode.ONLY))
    for later in ("gateway_graphql.documents.parse", "gateway_graphql.documents.compile_operation"):
        monkeypatch.delattr(later)
    viewer = Viewer("user-1", uuid4(), frozenset(), 0.0)
    context = Context(viewer, Database("postgresql://nobody@/nothing", size=1, timeout=1, statement_timeout=1))
    assert (await execute(Operation(None, document_id="me"), context)).data == ME


def test_others_are_noted(trusting: Trusting) -> None:
    with trusting("apollo", "log") as organization, logged("json") as logs:
        headers = {"X-Request-ID": "request-8"}
        secret = '{ leads(filter: {search: "a customer"}) { totalCount } }'
        assert organization.http.post("/graphql", json={"query": secret}, headers=headers).json()["data"]
        text = logs.after("request-8")
    assert "operation is not trusted" in text
    assert "a customer" not in text


def test_others_run(trusting: Trusting) -> None:
    with trusting("apollo", "off") as organization:
        assert ask(organization, "POST", query=OTHER).json()["data"] == {"__typename": "Query"}
        assert ask(organization, "POST", documentId=HASH).json()["data"] == ME


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "1",
        '{"a": 1}',
        '{"operations": [{"id": "a"}]}',
        '{"operations": [{"id": 1, "body": "x"}]}',
        '{"operations": ["x"]}',
    ],
)
def test_what_is_no_manifest_is_refused_by_name(tmp_path: Path, content: str) -> None:
    path = tmp_path / "manifest.json"
    path.write_text(content)
    with pytest.raises(ValueError, match=r"manifest\.json"):
        read_manifest(path)


def test_a_missing_manifest_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"nothing\.json cannot be read"):
        read_manifest(tmp_path / "nothing.json")


class TestCaching:
    """GET answers that a client has already."""

    def test_what_has_not_changed_is_not_sent_again(self, organization: Organization) -> None:
        params = {"query": "{ leads { totalCount } }"}
        answer = organization.http.get("/graphql", params=params)
        tag = answer.headers["ETag"]
        assert answer.headers["Cache-Control"] == "private, no-cache"
        assert {"accept", "authorization"} <= {each.strip().lower() for each in answer.headers["Vary"].split(",")}
        for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
            again = organization.http.get("/graphql", params=params, headers={"If-None-Match": known})
            assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
        organization.lead()
        changed = organization.http.get("/graphql", params=params, headers={"If-None-Match": tag})
        assert (changed.status_code, changed.json()["data"]) == (200, {"leads": {"totalCount": 1}})
        assert changed.headers["ETag"] != tag

    def test_by_id(self, organization: Organization) -> None:
        text, hash = unique()
        ask(organization, "POST", query=text, extensions=persisted(hash))
        tag = ask(organization, "GET", documentId=hash).headers["ETag"]
        again = organization.http.get("/graphql", params={"documentId": hash}, headers={"If-None-Match": tag})
        assert again.status_code == 304

    def test_another_media_type_is_another_answer(self, organization: Organization) -> None:
        params = {"query": OTHER}
        accepts = ("application/json", "application/graphql-response+json")
        tags = {
            organization.http.get("/graphql", params=params, headers={"Accept": each}).headers["ETag"]
            for each in accepts
        }
        assert tags

    def test_errors_and_posts_are_not_kept(self, organization: Organization) -> None:
        assert "ETag" not in organization.http.post("/graphql", json={"query": OTHER}).headers
        accept = {"Accept": "application/graphql-response+json", "If-None-Match": "*"}
        answer = organization.http.get("/graphql", params={"query": "{ nothing }"}, headers=accept)
        assert (answer.status_code, "ETag" in answer.headers) == (400, False)
