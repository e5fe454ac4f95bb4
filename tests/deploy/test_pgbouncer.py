"""Behind PgBouncer, which shares connections by transaction: everything works, past it or through it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice, product
from pathlib import Path
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from gateway.cli import app
from gateway.database import wire
from gateway.settings import Settings
from tests.support.organization import SECRET, Organization
from tests.support.pooler import PROGRAM, Pooler, pooled
from tests.support.server import serving
from tests.support.socket import acknowledged
from tests.support.transferred import lead, lines

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="pgbouncer is not installed")

CREATE = """mutation ($name: String!, $key: String) {
    createLead(input: {name: $name, idempotencyKey: $key}) { lead { id createdAt } userErrors { code } } }"""


@pytest.fixture(scope="module")
def pooler(walled_url: str) -> Iterator[Pooler]:
    with pooled(walled_url) as pooler:
        yield pooler


@pytest.fixture(scope="module")
def pooled_url(pooler: Pooler, database_url: str) -> Iterator[str]:
    """A gateway with more connections than PgBouncer has to the server."""
    settings = Settings(
        database_url=pooler.url,
        direct_url=database_url,
        prepare=pooler.prepares,
        row_security=True,
        jwt_secret=SECRET,
        _env_file=None,
    )
    with serving(settings) as url:
        yield url


@pytest.fixture
def behind(organization: Organization, pooled_url: str) -> Iterator[Organization]:
    """The organization, asking the gateway behind PgBouncer."""
    organization.url = pooled_url
    with organization.client() as organization.http:
        yield organization


def test_ready(behind: Organization) -> None:
    assert behind.http.get("/readyz").json() == {"status": "ok"}


def test_reads_and_writes_at_once(behind: Organization) -> None:
    def work(number: int) -> int:
        key = str(uuid4())
        first, again = (behind.graphql(CREATE, name=f"Jane {number}", key=key)["createLead"]["lead"] for _ in range(2))
        assert first == again
        found = behind.graphql("query ($id: ID!) { lead(id: $id) { name createdAt } }", id=first["id"])["lead"]
        assert found == {"name": f"Jane {number}", "createdAt": first["createdAt"]}
        return int(behind.http.get("/api/v1/leads").json()["total"])

    with ThreadPoolExecutor(12) as pool:
        assert max(pool.map(work, range(60))) == 60


def test_more_statements_than_are_kept(behind: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "KEPT_STATEMENTS", 4)
    lists = product(("first", "last"), ("CREATED_AT", "UPDATED_AT", "NAME"), ("ASC", "DESC"))
    for _, (end, field, direction) in product(range(3), list(islice(lists, 12))):
        query = f"{{ leads({end}: 2, orderBy: {{field: {field}, direction: {direction}}}) {{ nodes {{ id }} }} }}"
        assert behind.graphql(query) == {"leads": {"nodes": []}}


def test_organizations_share_connections_and_nothing_else(behind: Organization, stranger: Organization) -> None:
    theirs = str(stranger.lead())
    mine = str(behind.lead())
    with ThreadPoolExecutor(8) as pool:
        asked = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } leads { totalCount } }"
        for found in pool.map(lambda _: behind.graphql(asked, ids=[theirs, mine]), range(40)):
            assert found == {"nodes": [None, {"id": mine}], "leads": {"totalCount": 1}}


def test_searches(behind: Organization) -> None:
    behind.message(behind.conversation(), "Ein Termin am Freitag")
    found = behind.graphql('{ searchMessages(query: "termin frei") { nodes { content } } }')
    assert found == {"searchMessages": {"nodes": [{"content": "Ein Termin am Freitag"}]}}


def test_subscriptions_listen_past_it(behind: Organization) -> None:
    with acknowledged(behind) as socket:
        id = socket.subscribe("subscription { leadChanged { name } }")
        socket.settle()
        behind.graphql(CREATE, name="Joan")
        assert socket.next(id)["leadChanged"] == {"name": "Joan"}


def test_commands_go_past_it(behind: Organization, database_url: str, tmp_path: Path) -> None:
    records = tmp_path / "records"
    records.write_bytes(b"".join(lines(lead())))
    given = {"GATEWAY_DATABASE_URL": "postgresql://127.0.0.1:1/nowhere", "GATEWAY_DIRECT_URL": database_url}
    done = CliRunner().invoke(app, ["import", str(records), "--organization", str(behind.id)], env=given)
    assert done.exit_code == 0, done.output
    assert behind.http.get("/api/v1/leads").json()["total"] == 1
