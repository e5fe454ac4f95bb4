"""Odd requests, answered as FastAPI answers them: the same calls are declared there, and both are asked."""

from collections.abc import AsyncIterator
from uuid import UUID

import httpx
import pytest

from tests.support.fastapi_peer import peer
from tests.support.organization import Organization

JSON = "application/json"
LEAD_ID = "550e8400-0000-4000-8000-000000000000"

INTEGERS = [
    "", " ", "0", "1", "-1", "+1", " 1 ", "01", "1_0", "1.0", "1.5", "1e2", "1e400", "abc", "null", "true",
    "٣", "0x10", "100", "101", "500", "501", "9" * 30, "9" * 4300, "9" * 4301, "-" + "9" * 30, "NaN", "inf",
    "%00", "1%00", "%FF",
]  # fmt: skip
WORDS = [
    "", " ", "completed", "COMPLETED", "web", "email", "voice", "active ", "none", "null", "%00",
    "%F0%9F%98%80",
]  # fmt: skip
IDS = [
    LEAD_ID, LEAD_ID.upper(), LEAD_ID.replace("-", ""), "{" + LEAD_ID + "}", f"urn:uuid:{LEAD_ID}",
    LEAD_ID[:-1], LEAD_ID + "0", "", "x", "1", "%00", "%FF", "%C3%A4", LEAD_ID.replace("5", "g"),
]  # fmt: skip
REPEATED = [
    "page=2&page=x", "page=x&page=2", "page=1&page=3", "size=1&size=", "PAGE=x", "unknown=1", "page[]=x",
    "page=x;size=y", "page=x&size=y&lead_id=z&status=u&channel=v&search=w", "&&", "=", "page",
    "page=&=page", "%70age=x", "page=1#size=x",
]  # fmt: skip
QUERIES = {
    "/conversations": [
        *[f"{name}={value}" for name in ("page", "size") for value in INTEGERS],
        *[f"{name}={value}" for name in ("status", "channel") for value in WORDS],
        *[f"lead_id={value}" for value in IDS],
        *REPEATED,
    ],
    "/conversations/{id}/messages": [
        *[f"{name}={value}" for name in ("limit", "offset") for value in INTEGERS],
        "limit=1&limit=x",
        "page=x",
    ],
    "/leads": [
        *[f"{name}={value}" for name in ("page", "size") for value in ("", "0", "101", "x")],
        *[f"{name}={value}" for name in ("status", "channel", "search") for value in WORDS],
        "search=a%00",
        "search=a%0Ab",
        "search=" + "a" * 10_000,
        *REPEATED,
    ],
}
PATHS = ["/conversations/{}", "/conversations/{}/messages?limit=x", "/leads/{}"]

STATUS = b'{"status":"completed"}'
BODIES = [
    STATUS, b'{"status":"completed","other":1}', b'{"status":"active","status":"completed"}',
    b'{"status":"done"}', b'{"status":"completed","status":"x"}', b'{"status":null}', b'{"status":1}',
    b'{"status":true}', b'{"status":["active"]}', b'{"status":{"value":"active"}}', b'{"status":""}',
    b'{"Status":"active"}', b"{}", b"[]", b"null", b"1", b"1.5", b'"active"', b"true", b'["active"]',
    b'[{"status":"active"}]', b"", b" ", b"{", b"}", b"'x'", b'{"status":"completed"',
    b'{"status":"completed",}', b'{"status" "x"}', STATUS + b"x", b"\xef\xbb\xbf" + STATUS,
    STATUS.decode().encode("utf-16"), b'{"status":"\xff"}', b"\xff\xfe\xfd", b'{"status":"\\u0000"}',
    b'{"status":"\xc3\xa4\xf0\x9f\x98\x80"}', b'{"status":' + b"9" * 30 + b"}", b'{"status":-1.25e3}',
    b'{"status":' + b"9" * 5000 + b"}", b"[" * 100_000, b'{"status":' + b"[" * 30 + b"]" * 30 + b"}",
]  # fmt: skip
CONTENT_TYPES = [
    "application/json; charset=utf-8", "application/json; charset=latin-1", "Application/JSON",
    "application/merge-patch+json", "text/plain", "text/json", "application/x-www-form-urlencoded",
    "multipart/form-data", "json", "application/", "*/*",
]  # fmt: skip


@pytest.fixture(scope="session")
async def legacy() -> AsyncIterator[httpx.AsyncClient]:
    """A client of the peer."""
    transport = httpx.ASGITransport(peer)
    headers = {"Authorization": "Bearer any"}
    async with httpx.AsyncClient(transport=transport, base_url="http://legacy", headers=headers) as client:
        yield client


def alike(answer: httpx.Response, expected: httpx.Response) -> None:
    """Both refuse with the same words, or both take the request."""
    assert answer.status_code == expected.status_code, answer.text
    if expected.status_code != 200:
        assert answer.text == expected.text
        assert answer.headers["content-type"] == expected.headers["content-type"]
    elif isinstance(answer.json(), dict) and "page" in answer.json():
        shown = ("page", "size")
        assert [answer.json()[key] for key in shown] == [expected.json()[key] for key in shown]


@pytest.mark.parametrize("path", QUERIES)
async def test_queries(organization: Organization, legacy: httpx.AsyncClient, conversation_id: UUID, path: str) -> None:
    refused = 0
    for query in QUERIES[path]:
        url = f"/api/v1{path.format(id=conversation_id)}?{query}"
        expected = await legacy.get(url)
        alike(organization.http.get(url), expected)
        refused += expected.status_code == 422
    assert 0 < refused < len(QUERIES[path])


@pytest.mark.parametrize("path", PATHS)
async def test_paths(organization: Organization, legacy: httpx.AsyncClient, path: str) -> None:
    for id in filter(None, IDS):
        url = "/api/v1" + path.format(id)
        answer, expected = organization.http.get(url), await legacy.get(url)
        if expected.status_code == 200:
            assert answer.status_code == 404  # read as a UUID, which no row has
        else:
            alike(answer, expected)


@pytest.mark.parametrize("body", BODIES, ids=lambda body: f"{len(body)} {body[:24]!r}")
async def test_bodies(
    organization: Organization, legacy: httpx.AsyncClient, conversation_id: UUID, body: bytes
) -> None:
    url = f"/api/v1/conversations/{conversation_id}"
    headers = {"Content-Type": JSON}
    expected = await legacy.patch(url, content=body, headers=headers)
    answer = organization.http.patch(url, content=body, headers=headers)
    alike(answer, expected)
    if answer.status_code == 200:
        assert answer.json()["status"] == expected.json()["status"]


@pytest.mark.parametrize("content_type", [None, *CONTENT_TYPES])
async def test_content_types(
    organization: Organization, legacy: httpx.AsyncClient, conversation_id: UUID, content_type: str | None
) -> None:
    url = f"/api/v1/conversations/{conversation_id}"
    headers = {} if content_type is None else {"Content-Type": content_type}
    for body in (STATUS, b"", b"status=active"):
        expected = await legacy.patch(url, content=body, headers=headers)
        alike(organization.http.patch(url, content=body, headers=headers), expected)


@pytest.mark.parametrize("body", [b"", b"{", b"{}", b'{"status":"x"}'])
async def test_path_and_body_are_told_of_together(
    organization: Organization, legacy: httpx.AsyncClient, body: bytes
) -> None:
    url, headers = "/api/v1/conversations/no-uuid", {"Content-Type": JSON}
    expected = await legacy.patch(url, content=body, headers=headers)
    alike(organization.http.patch(url, content=body, headers=headers), expected)
    assert len(expected.json()["detail"]) == (1 if body == b"{" else 2)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"status":NaN}', 400),
        (b'{"status":-Infinity}', 400),
        (b'{"status":1e400}', 400),
        (b'{"status":"\\ud800"}', 422),
        (b'{"\\ud800":"active"}', 422),
    ],
)
def test_where_fastapi_itself_fails_the_body_is_refused(
    organization: Organization, conversation_id: UUID, body: bytes, status: int
) -> None:
    url = f"/api/v1/conversations/{conversation_id}"
    answer = organization.http.patch(url, content=body, headers={"Content-Type": JSON})
    assert answer.status_code == status
    assert answer.json()["detail"]


def test_no_depth_of_nesting_breaks(organization: Organization, conversation_id: UUID) -> None:
    url = f"/api/v1/conversations/{conversation_id}"
    statuses = []
    for depth in range(900, 1000):  # about where the interpreter's stack ends
        body = b"[" * depth + b"]" * depth
        answer = organization.http.patch(url, content=body, headers={"Content-Type": JSON})
        assert answer.text.startswith('{"detail":')
        statuses.append(answer.status_code)
    assert set(statuses) == {400, 422}
    assert statuses == sorted(statuses, reverse=True)


def test_a_body_that_is_no_text_is_shown_as_far_as_it_can_be(organization: Organization, conversation_id: UUID) -> None:
    answer = organization.http.patch(f"/api/v1/conversations/{conversation_id}", content=b"\xff?")
    assert answer.status_code == 422
    assert [error["input"] for error in answer.json()["detail"]] == ["\ufffd?"]


async def test_no_token_comes_before_everything(organization: Organization, legacy: httpx.AsyncClient) -> None:
    url, headers = "/api/v1/conversations?page=x", {"Authorization": ""}
    answer, expected = organization.http.get(url, headers=headers), await legacy.get(url, headers=headers)
    alike(answer, expected)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == expected.headers["www-authenticate"]
