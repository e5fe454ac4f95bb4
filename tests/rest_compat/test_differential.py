"""Odd requests to the gateway and to FastAPI: the same answers, but for the differences that are listed."""

import json
from collections.abc import Iterator
from urllib.parse import quote
from uuid import UUID

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from tests.rest_compat.edges import CONTENT_TYPES, DIFFERENT, JSON, MISSING, PREFIX, SAME, authorized
from tests.support.differential import CONVERSATION, DIFFERENCES, HEX, LEAD, TOKEN, UPPER, Pair
from tests.support.fastapi_peer import peer
from tests.support.organization import Organization
from tests.support.raw import Raw, Wire
from tests.support.server import listening


@pytest.fixture(scope="module")
def theirs() -> Iterator[Wire]:
    """A connection to FastAPI."""
    with listening(peer) as url:
        wire = Wire(url)
        yield wire
        wire.close()


@pytest.fixture
def pair(organization: Organization, conversation_id: UUID, theirs: Wire) -> Iterator[Pair]:
    """Both, and rows that the gateway has."""
    ours = Wire(organization.url)
    token = organization.http.headers["Authorization"].removeprefix("Bearer ")
    lead = organization.lead()
    ids = {LEAD: str(lead), UPPER: str(lead).upper(), HEX: lead.hex, CONVERSATION: str(conversation_id)}
    yield Pair(ours, theirs, {**ids, TOKEN: token})
    ours.close()


@pytest.mark.parametrize("edges", SAME.values(), ids=SAME)
def test_edges_are_the_same(pair: Pair, edges: list[Raw]) -> None:
    assert [seen for seen in map(pair.compare, edges) if seen] == []


@pytest.mark.parametrize("name", DIFFERENCES)
def test_differences_are_seen(pair: Pair, name: str) -> None:
    seen = [pair.compare(request) for request in DIFFERENT[name]]
    assert name in seen
    if name != "deep":  # how deep exactly, nobody says
        assert set(seen) == {name}


names = st.sampled_from(["page", "size", "status", "channel", "lead_id", "search", "limit", "offset", "x", "", "PAGE"])
values = st.one_of(
    st.sampled_from(["", "1", "0", "100", "-1", "1.0", "1e2", "%201", "active", "web", "Active", "%FF", MISSING]),
    st.integers().map(str),
    st.text().map(quote),
)  # fmt: skip
queries = st.lists(st.builds("{}={}".format, names, values), max_size=4).map("&".join)
ids = st.one_of(
    st.sampled_from([LEAD, CONVERSATION, MISSING, MISSING.upper(), "", "x", "%2F", "a/b"]), st.text().map(quote)
)
lists = st.sampled_from(["/conversations", "/leads", f"/conversations/{CONVERSATION}/messages"])
rows = st.sampled_from([f"/conversations/{CONVERSATION}", f"/leads/{LEAD}"])
odd_paths = st.one_of(
    st.sampled_from(["/conversations/", "/leads//", "/leads"]),
    st.builds("/{}/{}".format, st.sampled_from(["conversations", "leads"]), ids),
    st.builds("/conversations/{}/messages{}".format, ids, st.sampled_from(["", "/"])),
)  # fmt: skip

numbers = st.one_of(st.integers(), st.floats(-1e9, 1e9), st.sampled_from([10**30, -0.0]))
json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, st.text(st.characters(exclude_characters="\0", codec="utf-8"))),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab ü😀"), inner, max_size=3),
    max_leaves=6,
)
fields = st.sampled_from(
    ["name", "phone", "email", "company", "channel", "channel_id", "status", "preferred_services", "appointment_notes"]
)
good = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["x", "Zoë 😀", " x "]),
        "channel": st.sampled_from(["web", "email", "voice"]),
        "status": st.sampled_from(["new", "lost", "active", "completed"]),
        "preferred_services": st.lists(st.text("ab", max_size=2), max_size=3),
        "metadata": st.dictionaries(st.text("ab"), json_values, max_size=3),
        "appointment_notes": st.none() | st.text("a\n😀"),
    },
)
objects = st.one_of(
    good, st.builds(dict.__or__, good, st.dictionaries(fields | st.just("metadata"), json_values)), json_values
)
texts = st.builds(lambda value, escapes: json.dumps(value, ensure_ascii=escapes).encode(), objects, st.booleans())


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """JSON with a piece cut out, and maybe another one in its place."""
    text = draw(texts)
    start, end = sorted((draw(st.integers(0, len(text))), draw(st.integers(0, len(text)))))
    return text[:start] + draw(st.binary(max_size=3)) + text[end:]


bodies = st.one_of(st.none(), texts, texts, damaged(), st.binary(max_size=20))
content_types: st.SearchStrategy[list[tuple[str, str]]] = st.one_of(
    st.just([JSON]), st.just([]), st.sampled_from(CONTENT_TYPES).map(lambda value: [("Content-Type", value)])
)
methods = st.sampled_from(["GET", "PATCH", "POST", "HEAD", "DELETE", "OPTIONS"])


def drawn(methods: st.SearchStrategy[str], paths: st.SearchStrategy[str]) -> st.SearchStrategy[Raw]:
    """Requests of these methods and paths, with anything else."""
    return st.builds(
        lambda method, path, query, headers, body: Raw(method, f"{PREFIX}{path}?{query}", authorized(*headers), body),
        *(methods, paths, queries, content_types, bodies),
    )


requests = st.one_of(
    drawn(st.just("GET"), lists),
    drawn(st.just("PATCH"), rows),
    drawn(st.just("POST"), st.just("/leads")),
    drawn(methods, odd_paths),
)


@settings(
    max_examples=300,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(request=requests)
def test_what_is_drawn_is_the_same(pair: Pair, request: Raw) -> None:
    event(f"{pair.compare(request)} {request.method}")
