"""Requests that are made to do harm, and what every answer says to browsers."""

import gzip
import json
import re
import socket
from html.parser import HTMLParser
from urllib.parse import urlsplit

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from gateway_graphql.transports import websocket
from tests.support.organization import Organization
from tests.support.socket import acknowledged

QUERY = {"query": "{ viewer { userId } }"}
CREATE = {"query": 'mutation { createLead(input: {name: "Eve"}) { lead { id } } }'}


class TestOtherSites:
    """What a page of another site can have a browser send, without being asked first, does nothing."""

    @pytest.mark.parametrize(
        "media_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]
    )
    def test_forms_are_not_read(self, organization: Organization, media_type: str) -> None:
        headers = {"Content-Type": media_type, "Origin": "https://evil.example"}
        answer = organization.http.post("/graphql", content=json.dumps(CREATE), headers=headers)
        assert answer.status_code == 415
        answer = organization.http.post("/api/v1/leads", content='{"name": "Eve"}', headers=headers)
        assert answer.status_code == 422
        assert organization.graphql("{ leads { totalCount } }") == {"leads": {"totalCount": 0}}

    def test_links_change_nothing(self, organization: Organization) -> None:
        answer = organization.http.get("/graphql", params={"query": CREATE["query"]})
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
        assert organization.graphql("{ leads { totalCount } }") == {"leads": {"totalCount": 0}}

    @pytest.mark.parametrize("path", ["/graphql", "/api/v1/leads", "/", "/docs", "/healthz"])
    def test_there_are_no_cookies_and_no_leave_is_given(self, organization: Organization, path: str) -> None:
        asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
        for method in ("GET", "OPTIONS"):
            headers = organization.http.request(method, path, headers=asked).headers
            assert "set-cookie" not in headers
            assert not [name for name in headers if name.startswith("access-control-")]


class TestInjection:
    """What is sent comes back in no header."""

    @pytest.mark.parametrize("text", ["a\r\nX-Evil: 1", "a\nX-Evil: 1", "a\rX-Evil: 1", "a\0b", "\u00e9", "a" * 129])
    def test_a_request_s_id(self, organization: Organization, text: str) -> None:
        assert text.encode("latin-1") not in asked_raw(organization, f"X-Request-ID: {text}")
        assert b"x-evil" not in asked_raw(organization, f"X-Request-ID: {text}").lower().partition(b"\r\n\r\n")[0]

    def test_a_host(self, organization: Organization) -> None:
        for path in ("/api/v1/leads/", "/graphql/", "/api/v1/leads"):
            answer = organization.http.get(path, headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"})
            assert "evil" not in str(answer.headers)

    @pytest.mark.parametrize(
        "head",
        [
            "Content-Length: 5\r\nContent-Length: 6",
            "Content-Length: 5\r\nTransfer-Encoding: chunked",
            "Transfer-Encoding: chunked, identity",
            "Content-Length: -1",
            "X-Folded: a\r\n b",
            "X Spaced: a",
        ],
    )
    def test_requests_of_unclear_length(self, organization: Organization, head: str) -> None:
        answer = asked_raw(organization, head, method="POST")
        assert answer.startswith(b"HTTP/1.1 400 ")
        assert answer.count(b"HTTP/1.1") == 1, "what follows is no request of its own"


def asked_raw(organization: Organization, head: str, method: str = "GET") -> bytes:
    """What is answered to a request with these headers, and to another one behind it that is smuggled in."""
    address = urlsplit(organization.url)
    request = f"{method} /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{head}\r\n\r\n0\r\n\r\n"
    text = f"{request}GET /smuggled HTTP/1.1\r\n\r\n"
    with socket.create_connection((address.hostname, address.port), timeout=5) as connection:
        connection.sendall(text.encode("latin-1"))
        found = b""
        while data := connection.recv(65_536):
            found += data
    return found


class TestCompression:
    """No body is unpacked, and no frame beyond its limit."""

    def test_of_graphql(self, organization: Organization) -> None:
        bomb = gzip.compress(b'{"query": "' + b" " * 50_000_000 + b'{ __typename }"}')
        headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        answer = organization.http.post("/graphql", content=bomb, headers=headers)
        assert (answer.status_code, answer.headers["accept-encoding"]) == (415, "identity")

    def test_of_rest(self, organization: Organization) -> None:
        headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        answer = organization.http.post("/api/v1/leads", content=gzip.compress(b'{"name": "x"}'), headers=headers)
        assert answer.status_code == 400

    def test_of_frames(self, organization: Organization) -> None:
        with acknowledged(organization, compression="deflate") as socket:
            socket.connection.send("x" * 50_000_000)
            assert socket.closed() == 1009


class TestSockets:
    """A socket that sends without end is read at a pace."""

    def test_messages_a_second(self, organization: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(websocket, "MESSAGES_A_SECOND", 20)
        with acknowledged(organization) as socket:
            for _ in range(30):
                socket.send("ping")
            for _ in range(19):  # and `connection_init`
                assert socket.receive() == {"type": "pong"}
            assert socket.silent(0.2)
            for _ in range(11):
                assert socket.receive() == {"type": "pong"}, "the others waited, and are not lost"

    def test_before_it_says_who_it_is(self, organization: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(websocket, "INIT_TIMEOUT", 0.5)
        monkeypatch.setattr(websocket, "MESSAGES_A_SECOND", 5)
        with pytest.raises(ConnectionClosed), acknowledged(organization, "Bearer none") as socket:
            socket.receive()


class Scripts(HTMLParser):
    """Finds what a page would run of its own text, and what it loads from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.inline: list[str] = []
        self.elsewhere: list[str] = []
        self._in_script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_script = tag == "script"
        for name, value in attrs:
            if name.startswith("on") or (value or "").startswith("javascript:"):
                self.inline.append(f"{tag} {name}")
            if name in {"src", "href", "action"} and re.match(r"https?:|//", value or ""):
                self.elsewhere.append(f"{tag} {value}")

    def handle_endtag(self, _tag: str) -> None:
        self._in_script = False

    def handle_data(self, data: str) -> None:
        if self._in_script and data.strip():
            self.inline.append(data)


@pytest.mark.parametrize("path", ["/graphql", "/docs"])
def test_a_page_runs_nothing_but_its_own_files_and_is_in_no_frame(gateway_url: str, path: str) -> None:
    answer = httpx.get(gateway_url + path, headers={"Accept": "text/html"})
    assert answer.headers["content-type"].startswith("text/html")
    policy = dict(each.strip().split(" ", 1) for each in answer.headers["content-security-policy"].split(";"))
    assert policy["script-src"] == "'self'"
    for directive in ("default-src", "base-uri", "form-action", "frame-ancestors"):
        assert policy[directive] == "'none'"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["referrer-policy"] == "no-referrer"
    found = Scripts()
    found.feed(answer.text)
    assert (found.inline, found.elsewhere) == ([], [])


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/graphql", 401), ("POST", "/graphql", 401), ("PUT", "/graphql", 405), ("GET", "/api/v1/leads", 401),
        ("GET", "/docs", 200), ("GET", "/docs/docs.js", 200), ("GET", "/openapi.json", 200), ("GET", "/healthz", 200),
        ("GET", "/readyz", 200), ("GET", "/metrics", 200), ("GET", "/nothing", 404), ("GET", "/docs/", 307),
        ("DELETE", "/healthz", 405), ("GET", "/graphql/assets/nothing", 404),
    ],
)  # fmt: skip
def test_every_answer_is_what_it_says_it_is(gateway_url: str, method: str, path: str, status: int) -> None:
    answer = httpx.request(method, gateway_url + path)
    assert (answer.status_code, answer.headers["x-content-type-options"]) == (status, "nosniff")
