"""What goes wrong here and not at the client's: the database away, or the gateway itself mistaken."""

from collections.abc import Iterator
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import psycopg
import pytest

from gateway.database.migrate import migrate
from gateway.embedded import create_database
from gateway.settings import Settings
from tests.support.logs import logged
from tests.support.organization import SECRET, Organization
from tests.support.server import serving

NOWHERE = "postgresql://somebody:hidden@127.0.0.1:1/nothing"
LISTS = "{ conversations { nodes { id } } }"
ONE = f'{{ conversation(id: "{uuid4()}") {{ id }} }}'
THREADS = "{ conversations { nodes { id messages { nodes { id } } } } }"
LAST_MESSAGES = "{ conversations { nodes { id lastMessage { content } } } }"


@pytest.fixture(scope="module")
def homeless(connection: psycopg.Connection) -> Iterator[Organization]:
    """An organization whose gateway has no database to talk to."""
    settings = Settings(database_url=NOWHERE, pool_timeout=0.1, jwt_secret=SECRET, _env_file=None)
    with serving(settings) as url, Organization(connection, url) as organization:
        yield organization


def new_database(connection: psycopg.Connection, database_url: str) -> str:
    """The URL of a new database without tables."""
    name = f"failing_{uuid4().hex}"
    create_database(connection, name)
    return urlsplit(database_url)._replace(path=f"/{name}").geturl()


@pytest.fixture(scope="module")
def mutilated(connection: psycopg.Connection, database_url: str) -> Iterator[Organization]:
    """An organization with five conversations, in a database where nobody can read messages."""
    url = new_database(connection, database_url)
    migrate(url)
    settings = Settings(database_url=url, jwt_secret=SECRET, _env_file=None)
    with (
        psycopg.connect(url, autocommit=True) as own,
        serving(settings) as gateway_url,
        Organization(own, gateway_url) as organization,
    ):
        for _ in range(5):
            organization.message(organization.conversation(), "a secret of a customer")
        own.execute("ALTER TABLE messages RENAME TO elsewhere")
        own.execute("CREATE VIEW messages AS SELECT * FROM elsewhere WHERE 1 / (arrival - arrival) = 1")
        yield organization


def test_a_failed_field_leaves_others_what_they_wait_for(connection: psycopg.Connection, settings: Settings) -> None:
    with (
        serving(settings.model_copy(update={"compiled": False})) as url,
        Organization(connection, url) as organization,
    ):
        id = organization.message(organization.conversation(organization.lead(name="Ada")), "one")
        query = f"""{{
          x: message(id: "{id}") {{ conversation {{ messages(first: -1) {{ totalCount }} lead {{ name }} }} }}
          y: message(id: "{id}") {{ conversation {{ lead {{ name }} }} }}
          z: message(id: "{id}") {{ conversation {{ id }} }}
        }}"""
        for _ in range(15):
            answer = ask(organization, query)
            assert answer.status_code == 200
            assert answer.json()["data"]["y"] == {"conversation": {"lead": {"name": "Ada"}}}
            assert {error["extensions"]["code"] for error in answer.json()["errors"]} == {"BAD_USER_INPUT"}


def ask(organization: Organization, query: str, **headers: str) -> httpx.Response:
    return organization.http.post("/graphql", json={"query": query}, headers=headers)


@pytest.mark.parametrize("query", [LISTS, ONE])
@pytest.mark.parametrize("accept", ["application/json", "application/graphql-response+json"])
def test_the_database_is_away(homeless: Organization, query: str, accept: str) -> None:
    answer = ask(homeless, query, accept=accept)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    (error,) = answer.json()["errors"]
    assert error["extensions"] == {"code": "SERVICE_UNAVAILABLE"}
    for told in ("127.0.0.1", "hidden", "nothing", "psycopg", "Traceback"):
        assert told not in answer.text


def test_what_needs_no_database_is_answered_without(homeless: Organization) -> None:
    assert homeless.graphql("{ viewer { userId } }") == {"viewer": {"userId": "user-1"}}
    assert homeless.graphql_errors("{ nothing }")[0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert httpx.post(f"{homeless.url}/graphql", json={"query": LISTS}).status_code == 401


@pytest.mark.parametrize(
    ("query", "status", "data"),
    [
        # Nothing of it could be answered: as if it had not been run.
        (ONE, 503, None),
        (ONE.replace("{", '{ lead(id: "x") { id } ', 1), 503, None),
        (ONE.replace("{", '{ lead(id: "x") { id } viewer { userId } ', 1), 200, {"userId": "user-1"}),
        (LISTS.replace("{", "{ viewer { userId } ", 1), 503, None),
    ],
)
def test_a_part_that_could_be_answered_is(homeless: Organization, query: str, status: int, data: object) -> None:
    answer = ask(homeless, query, accept="application/graphql-response+json")
    assert (answer.status_code, (answer.json()["data"] or {}).get("viewer")) == (status, data)
    assert (answer.json()["data"] is None) is (status == 503)
    assert "SERVICE_UNAVAILABLE" in {error["extensions"]["code"] for error in answer.json()["errors"]}


def test_the_database_has_no_tables(connection: psycopg.Connection, database_url: str) -> None:
    settings = Settings(database_url=new_database(connection, database_url), jwt_secret=SECRET, _env_file=None)
    with serving(settings) as url, Organization(connection, url) as organization, logged("json") as logs:
        answer = ask(organization, LISTS, **{"X-Request-ID": "request-8"})
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
        assert answer.json()["errors"][0]["extensions"] == {"code": "SERVICE_UNAVAILABLE"}
        assert "relation" not in answer.text
        said = logs.after("request-8")
        assert "gateway migrate" in said
        assert "does not exist" in said
        assert "Traceback" not in said
        assert organization.http.get("/api/v1/leads").status_code == 503
        assert "run `gateway migrate`" in organization.http.get("/readyz").text
        migrate(settings.database_url)
        assert organization.graphql(LISTS) == {"conversations": {"nodes": []}}


@pytest.mark.parametrize("query", [THREADS, LAST_MESSAGES])
@pytest.mark.parametrize("log_format", ["console", "json"])
def test_a_mistake_of_ours_is_masked_and_logged_once(mutilated: Organization, query: str, log_format: str) -> None:
    with logged(log_format) as logs:
        answer = ask(mutilated, query, **{"X-Request-ID": "request-7"})
        text = logs.after("request-7")
    errors = answer.json()["errors"]
    assert {error["extensions"]["code"] for error in errors} == {"INTERNAL"}
    assert {tuple(error["path"][:3:2]) for error in errors} <= {("conversations", at) for at in range(5)}
    for told in ("SELECT", "division", "psycopg", "DivisionByZero", "Traceback"):
        assert told not in answer.text
    assert text.count("internal error") == 1
    assert text.count("request-7") == 2
    assert "DivisionByZero" in text
    assert "Traceback" in text
    assert str(mutilated.http.headers["Authorization"])[7:] not in text
    assert "a secret of a customer" not in text


def test_what_could_be_answered_is_kept(mutilated: Organization) -> None:
    body = ask(mutilated, LAST_MESSAGES).json()
    assert [node["lastMessage"] for node in body["data"]["conversations"]["nodes"]] == [None] * 5
    assert len(body["errors"]) == 5


def test_a_mistake_that_takes_all_data_is_a_500(mutilated: Organization) -> None:
    answer = ask(mutilated, THREADS)
    assert (answer.status_code, answer.json()["data"]) == (500, None)
