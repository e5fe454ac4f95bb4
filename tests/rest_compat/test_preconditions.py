"""ETag, If-None-Match, If-Match: nobody is sent what is known, or changes what has changed since it was seen."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest

from gateway_graphql import writes
from tests.support.organization import Organization

CONVERSATIONS = "/api/v1/conversations"
LEADS = "/api/v1/leads"
COMPLETED = {"status": "completed"}
READS = [CONVERSATIONS, CONVERSATIONS + "/{}", CONVERSATIONS + "/{}/messages", LEADS]


@pytest.fixture(params=["conversation", "lead"])
def path(request: pytest.FixtureRequest, organization: Organization, conversation_id: UUID) -> str:
    """A row that can be changed."""
    if request.param == "conversation":
        return f"{CONVERSATIONS}/{conversation_id}"
    return f"{LEADS}/{organization.lead()}"


def patch(organization: Organization, path: str, *if_match: str, **headers: str) -> httpx.Response:
    """Complete what is there, on conditions."""
    conditions = [("If-Match", each) for each in if_match]
    named = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return organization.http.patch(path, json=COMPLETED, headers=httpx.Headers([*conditions, *named]))


def tag(organization: Organization, path: str, accept_encoding: str = "identity") -> str:
    """The ETag of what is there."""
    tag: str = organization.http.get(path, headers={"Accept-Encoding": accept_encoding}).headers["etag"]
    return tag


@pytest.mark.parametrize("path", READS)
def test_what_is_known_is_not_sent_again(organization: Organization, conversation_id: UUID, path: str) -> None:
    path = path.format(conversation_id)
    first = organization.http.get(path)
    tag = first.headers["etag"]
    assert tag.startswith('"')
    for known in (tag, f'"other", W/{tag}', f'"a,b" ,, {tag}', "*"):
        for method in ("GET", "HEAD"):
            answer = organization.http.request(method, path, headers={"If-None-Match": known})
            assert (answer.status_code, answer.content) == (304, b"")
            assert (answer.headers["etag"], answer.headers["vary"]) == (tag, first.headers["vary"])
    for unknown in ('"other"', f"{tag}x", tag.strip('"'), f"*, {tag}", ""):
        assert organization.http.get(path, headers={"If-None-Match": unknown}).status_code == 200
    organization.message(conversation_id)
    organization.sql("UPDATE leads SET name = 'Other' WHERE organization_id = %s", organization.id)
    answer = organization.http.get(path, headers={"If-None-Match": tag})
    assert answer.status_code == 200
    assert answer.headers["etag"] != tag


@pytest.mark.parametrize("path", READS)
def test_a_read_of_something_else_than_expected_is_refused(
    organization: Organization, conversation_id: UUID, path: str
) -> None:
    path = path.format(conversation_id)
    seen = tag(organization, path)
    for expected, status in ((seen, 200), ("*", 200), (f"W/{seen}", 412), ('"x"', 412), ("x", 412)):
        answer = organization.http.get(path, headers={"If-Match": expected, "If-None-Match": '"x"'})
        assert answer.status_code == status


@pytest.mark.parametrize(
    ("if_match", "status"),
    [
        ("{}", 200),
        ('"x", {}', 200),
        ('"a,b",{}, W/"c"', 200),
        (', ,{},\t,"x",', 200),
        ("*", 200),
        ("W/{}", 412),
        ('"x"', 412),
        ('"x", "y"', 412),
        ('""', 412),
        ("", 412),
        (",", 412),
        ("x", 412),
        ("**", 412),
        ("*, {}", 412),
        ("{} {}", 412),
        ("w/{}", 412),
        ('"x', 412),
        ('"a b"', 412),
        ("{};q=1", 412),
    ],
)
def test_if_match_is_read_as_the_rfc_writes_it(
    organization: Organization, path: str, if_match: str, status: int
) -> None:
    before = organization.http.get(path)
    seen = before.headers["etag"]
    answer = patch(organization, path, if_match.replace("{}", seen))
    assert answer.status_code == status, answer.text
    if status == 200:
        assert answer.json()["status"] == "completed"
    else:
        assert organization.http.get(path).json() == before.json()
        assert answer.json() == {"detail": "This is not what If-Match names: it has changed since."}


def test_several_headers_are_one_list(organization: Organization, path: str) -> None:
    assert patch(organization, path, '"x"', '"y"').status_code == 412
    assert patch(organization, path, '"x"', tag(organization, path)).status_code == 200


def test_a_compressed_answers_tag_is_good_too(organization: Organization, conversation_id: UUID) -> None:
    organization.message(conversation_id, "Hello " * 1000)
    path = f"{CONVERSATIONS}/{conversation_id}"
    for form in ("gzip", "identity"):
        assert patch(organization, path, tag(organization, path, accept_encoding=form)).status_code == 200


def test_what_is_known_already_can_be_a_reason_to_change_nothing(organization: Organization, path: str) -> None:
    seen = tag(organization, path)
    for known in ("*", seen, f'"x", W/{seen}'):
        answer = patch(organization, path, If_None_Match=known)
        assert (answer.status_code, answer.json()) == (412, {"detail": "This is what If-None-Match names."})
    assert patch(organization, path, seen, If_None_Match=seen).status_code == 412
    assert tag(organization, path) == seen
    assert patch(organization, path, seen, If_None_Match='"x"').status_code == 200


def test_conditions_come_behind_what_is_wrong_anyway(organization: Organization, path: str) -> None:
    for condition in ("*", '"x"', "x"):
        headers = {"If-Match": condition}
        missing = path.rpartition("/")[0] + f"/{uuid4()}"
        assert organization.http.patch(missing, json=COMPLETED, headers=headers).status_code == 404
        assert organization.http.patch(path, json={"status": "x"}, headers=headers).status_code == 422
        assert httpx.patch(organization.url + path, json=COMPLETED, headers=headers).status_code == 401
        with organization.client(scope="conversations:read leads:read") as reader:
            assert reader.patch(path, json=COMPLETED, headers=headers).status_code == 403


def test_a_conversations_change_shows_no_tag(organization: Organization, conversation_id: UUID) -> None:
    # It shows the list's form, which no GET of this path does.
    assert "etag" not in patch(organization, f"{CONVERSATIONS}/{conversation_id}", "*").headers


def test_a_leads_tag_goes_from_one_change_to_the_next(organization: Organization) -> None:
    answer = organization.http.post(LEADS, json={"name": "1", "appointment_notes": "x" * 2000})
    path = answer.headers["location"]
    for name in ("2", "3"):
        headers = {"If-Match": answer.headers["etag"]}
        answer = organization.http.patch(path, json={"name": name}, headers=headers)
        assert answer.status_code == 200
        assert answer.headers["etag"] == organization.http.get(path).headers["etag"]
        assert organization.http.patch(path, json={"name": "x"}, headers=headers).status_code == 412


def test_of_changes_at_once_one_wins(organization: Organization, path: str) -> None:
    for status in ("contacted", "booked", "lost") if path.startswith(LEADS) else ("escalated", "active", "completed"):
        headers = {"If-Match": tag(organization, path)}

        def change(_: int, status: str = status, headers: dict[str, str] = headers) -> int:
            return organization.http.patch(path, json={"status": status}, headers=headers).status_code

        with ThreadPoolExecutor(12) as pool:
            assert Counter(pool.map(change, range(12))) == {200: 1, 412: 11}
        assert organization.http.get(path).json()["status"] == status


def test_who_waits_for_another_change_sees_it(
    organization: Organization, path: str, connection: psycopg.Connection
) -> None:
    table, id = path.split("/")[3:]
    seen = tag(organization, path)
    with ThreadPoolExecutor(1) as pool:
        with connection.transaction():
            # Not to be seen yet by who compares; but who changes must wait for it.
            organization.sql(f"UPDATE {table} SET status = 'completed' WHERE id = %s", id)
            waiting = pool.submit(patch, organization, path, seen)
            while not organization.sql("SELECT pid FROM pg_locks WHERE NOT granted"):
                assert not waiting.done()
        assert waiting.result().status_code == 412


@pytest.fixture
def interrupted(organization: Organization, path: str, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Have something written once, between the comparison and the change. `{id}` in it is the row's."""

    def prepare(statement: str) -> None:
        pending = [statement]

        def before(change: Callable[..., Any]) -> Callable[..., Any]:
            async def changed(*given: Any, **named: Any) -> Any:
                while pending:
                    organization.sql(pending.pop().replace("{id}", f"'{path.rpartition('/')[2]}'"))
                return await change(*given, **named)

            return changed

        for name in ("set_conversation_status", "update_lead"):
            monkeypatch.setattr(writes, name, before(getattr(writes, name)))

    return prepare


CONVERSATION_WRITES = [
    ("UPDATE conversations SET session_key = 'other' WHERE id = {id}", 412),
    ("UPDATE messages SET content = 'Ho' WHERE conversation_id = {id} AND role = 'user'", 412),
    ("UPDATE messages SET metadata = '{\"a\": 1}' WHERE conversation_id = {id} AND role = 'user'", 412),
    ("DELETE FROM messages WHERE conversation_id = {id} AND role = 'user'", 412),
    ("UPDATE leads SET name = 'Other' WHERE id = (SELECT lead_id FROM conversations WHERE id = {id})", 412),
    ("DELETE FROM conversations WHERE id = {id}", 404),
    # Writes that GET does not show.
    ("UPDATE leads SET phone = '1' WHERE id = (SELECT lead_id FROM conversations WHERE id = {id})", 200),
    ("UPDATE conversations SET status = status WHERE id = {id}", 200),
]
LEAD_WRITES = [
    ("UPDATE leads SET phone = '1' WHERE id = {id}", 412),
    ("DELETE FROM leads WHERE id = {id}", 404),
    ("UPDATE leads SET name = name WHERE id = {id}", 200),
]


@pytest.mark.parametrize(
    ("path", "statement", "status"),
    [
        *(("conversation", *each) for each in CONVERSATION_WRITES),
        *(("lead", *each) for each in LEAD_WRITES),
    ],
    indirect=["path"],
)
def test_what_is_written_in_between_counts_if_it_shows(
    organization: Organization, path: str, interrupted: Callable[[str], None], statement: str, status: int
) -> None:
    seen = tag(organization, path)
    interrupted(statement)
    assert patch(organization, path, seen).status_code == status
    if status != 404:
        assert (organization.http.get(path).json()["status"] == "completed") is (status == 200)
