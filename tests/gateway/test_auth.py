"""Who is let in and who is not: by claims, and by signatures."""

import jwt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway import auth
from gateway.auth import Scope, Unauthenticated, Viewer
from tests.support.authenticators import ALGORITHMS, Clock, authenticator
from tests.support.keys import (
    CLAIMS,
    HEADER,
    NOW,
    ORGANIZATION,
    Provider,
    compact,
    jwk,
    private_key,
    provider,
    public_pem,
    signed,
    with_signature,
    written,
)
from tests.support.organization import SECRET


def with_claims(**claims: object) -> str:
    return compact(payload={**CLAIMS, **claims})


async def test_a_token_says_who_is_asking() -> None:
    assert await authenticator().viewer(compact()) == Viewer("user-1", ORGANIZATION, frozenset(Scope), NOW + 3600)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("name", ["first", None])
async def test_a_key_of_the_provider_verifies(algorithm: str, name: str | None) -> None:
    with provider(*map(jwk, ALGORITHMS)) as keys:
        assert (await authenticator(keys).viewer(signed(algorithm, name))).organization_id == ORGANIZATION


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "BEARER  "])
async def test_the_scheme_is_read_as_clients_write_it(scheme: str) -> None:
    assert await authenticator().viewer(compact().replace("Bearer ", scheme))


@pytest.mark.parametrize(
    ("scope", "effective"),
    [
        ("", set()),
        ("leads:read", {"leads:read"}),
        ("leads:write", {"leads:read", "leads:write"}),
        ("conversations:write openid", {"conversations:read", "conversations:write"}),
        ("Leads:Read leads conversations:*", set()),
    ],
)
async def test_scopes_in_effect(scope: str, effective: set[str]) -> None:
    assert (await authenticator().viewer(with_claims(scope=scope))).scopes == effective


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": NOW - 9},
        {"exp": NOW + 0.5},
        {"nbf": NOW + 10},
        {"aud": "another", "iss": "another"},
        {"iat": NOW + 3600, "jti": 7, "email": "jane@example.com"},
        {"organization_id": str(ORGANIZATION).upper()},
    ],
    ids=str,
)
async def test_claims_that_are_accepted(claims: dict[str, object]) -> None:
    assert (await authenticator().viewer(with_claims(**claims))).organization_id == ORGANIZATION


REFUSED_CLAIMS: dict[tuple[str, str], list[object]] = {
    ("exp", "no valid exp"): [None, "soon", str(NOW + 60), True, [NOW], 10**30, 1e300],
    ("exp", "has expired"): [NOW - 10, 0, -1, -1.5],
    ("nbf", "no valid nbf"): [None, "now", False, -(10**30)],
    ("nbf", "not valid yet"): [NOW + 11],
    ("sub", "no valid sub"): [None, "", 7, ["user-1"]],
    ("organization_id", "no valid organization_id"): [
        None,
        "",
        7,
        "acme",
        f"{ORGANIZATION}0",
        ORGANIZATION.hex,
    ],
    ("scope", "no valid scope"): [None, 7, ["leads:read"]],
}


@pytest.mark.parametrize(
    ("claim", "value", "reason"),
    [(claim, value, reason) for (claim, reason), values in REFUSED_CLAIMS.items() for value in values],
)
async def test_claims_that_are_refused(claim: str, value: object, reason: str) -> None:
    with pytest.raises(Unauthenticated, match=reason):
        await authenticator().viewer(with_claims(**{claim: value}))


@pytest.mark.parametrize("claim", CLAIMS)
async def test_claims_that_are_missing(claim: str) -> None:
    with pytest.raises(Unauthenticated, match=f"no valid {claim}"):
        await authenticator().viewer(compact(payload={name: CLAIMS[name] for name in CLAIMS if name != claim}))


@pytest.mark.parametrize(
    ("issuer", "audience", "refused"),
    [
        ("us", "gateway", None),
        ("us", ["another", "gateway"], None),
        (None, "gateway", "issuer"),
        (["us"], "gateway", "issuer"),
        ("us", None, "audience"),
        ("us", "gateways", "audience"),
        ("us", {"gateway": True}, "audience"),
    ],
)
async def test_issuer_and_audience_where_settings_name_them(
    issuer: object, audience: object, refused: str | None
) -> None:
    strict, token = (
        authenticator(issuer="us", audience="gateway"),
        with_claims(iss=issuer, aud=audience),
    )
    if refused is None:
        assert await strict.viewer(token)
    else:
        with pytest.raises(Unauthenticated, match=f"Token {refused} is not accepted"):
            await strict.viewer(token)


REFUSED: dict[str, tuple[str | None, str]] = {
    "no header": (None, "Not authenticated"),
    "empty header": ("", "Not authenticated"),
    "another scheme": ("Basic dXNlcjpwYXNz", "Not authenticated"),
    "no scheme": (compact().removeprefix("Bearer "), "Not authenticated"),
    "no token": ("Bearer  ", "Not authenticated"),
    "not ASCII": ("Bearer é.é.é", "malformed"),
    "lone surrogate": ("Bearer \ud800.e30.e30", "malformed"),
    "too long": (f"Bearer {'a' * 8_193}", "too long"),
    "two segments": ("Bearer e30.e30", "malformed"),
    "five segments": ("Bearer e30.e30.e30.e30.e30", "malformed"),
    "header no JSON": (compact(b"{"), "malformed"),
    "header no object": (compact([]), "malformed"),
    "header nested deeply": (compact(b"[" * 5_000), "malformed"),
    "payload no JSON": (compact(payload=b"claims"), "malformed"),
    "payload no object": (compact(payload=[CLAIMS]), "malformed"),
    "payload nested deeply": (compact(payload=b"[" * 5_000), "malformed"),
    "payload nested deeply inside": (compact(payload=b'{"a":' * 900 + b"1" + b"}" * 900), "no valid exp"),
    "payload with NaN": (compact(payload=b'{"exp": NaN}'), "malformed"),
    "no algorithm": (compact({}), "algorithm"),
    "a list of algorithms": (compact({"alg": ["HS256"]}), "algorithm"),
    "unknown algorithm": (compact({"alg": "HS257"}), "algorithm"),
    "none": (with_signature(compact({"alg": "none"}), b""), "algorithm"),
    "HS512 with the secret": (f"Bearer {jwt.encode(CLAIMS, SECRET * 2, 'HS512')}", "algorithm"),
    "RS512 with an RS256 key": (signed("RS512", key=private_key("RS256", "first")), "algorithm"),
    "kid a number": (compact({**HEADER, "kid": 7}), "malformed"),
    "critical extension": (compact({**HEADER, "crit": ["exp"], "exp": NOW}), "malformed"),
    "critical b64": (compact({**HEADER, "crit": ["b64"], "b64": True}), "unknown extension"),
    "unencoded payload": (compact({**HEADER, "b64": False}), "malformed"),
    "no signature": (with_signature(compact(), b""), "signature"),
    "another secret": (compact(secret=b"another"), "signature"),
    "public key taken for the secret": (compact(secret=public_pem("RS256")), "signature"),
    "another key under this id": (signed("RS256", key=private_key("RS256", "stranger")), "signature"),
    "RS256, the id of an EC key": (signed("RS256", "elliptic"), "unknown key"),
    "ES256, the id of an RSA key": (signed("ES256", "modular"), "unknown key"),
    "EdDSA, the id of an EC key": (signed("EdDSA", "elliptic"), "unknown key"),
    "nobody's id": (signed("RS256", "nobody"), "unknown key"),
} | {
    f"{algorithm}, signature of {size} bytes": (with_signature(signed(algorithm), bytes(size)), "signature")
    for algorithm in ALGORITHMS
    for size in (0, 63, 64, 256)
}
STRANGER = private_key("RS256", "stranger")
ODD_KEY_IDS = [
    "../../../../dev/null", "/proc/self/environ", "' OR 1=1 --", "first\0", "first\n", "\u202efirst", "\ufb01rst",
    "FIRST", "a" * 4_000, "", "*", "http://127.0.0.1/keys", "0",
]  # fmt: skip
REFUSED |= {
    f"kid {key_id[:20]!r}": (f"Bearer {jwt.encode(CLAIMS, STRANGER, 'RS256', {'kid': key_id})}", "unknown key")
    for key_id in ODD_KEY_IDS
} | {
    f"a key brought along as {name}": (
        f"Bearer {jwt.encode(CLAIMS, STRANGER, 'RS256', {'kid': 'first', name: value})}",
        "signature",
    )
    for name, value in {
        "jwk": written("RS256", STRANGER.public_key()),
        "jku": "https://evil.example/keys",
        "x5u": "https://evil.example/certificate",
        "x5c": ["MIIB"],
    }.items()
}


@pytest.mark.parametrize("case", REFUSED)
async def test_tokens_that_are_refused(case: str) -> None:
    authorization, reason = REFUSED[case]
    published = [*map(jwk, ALGORITHMS), jwk("ES256", "elliptic"), jwk("RS256", "modular")]
    with provider(*published) as keys, pytest.raises(Unauthenticated, match=reason):
        await authenticator(keys).viewer(authorization)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
HEADERS = st.fixed_dictionaries(
    {"alg": st.sampled_from(["HS256", *ALGORITHMS]) | JSON},
    optional={"kid": st.just("first") | JSON, "crit": JSON, "b64": JSON, "typ": JSON},
)
PAYLOADS = JSON | st.fixed_dictionaries({}, optional=dict.fromkeys([*CLAIMS, "nbf", "scope", "aud", "iss"], JSON))


@settings(deadline=None)
@given(
    st.text()
    | st.binary().map(lambda raw: "Bearer " + raw.decode("latin-1"))
    | st.builds(compact, HEADERS | st.binary(), PAYLOADS | st.binary())
)
async def test_whatever_comes_is_refused_in_a_few_words(authorization: str) -> None:
    gateway = authenticator(Provider("http://127.0.0.1:1/"))
    with pytest.raises(Unauthenticated) as refusal:
        await gateway.viewer(authorization)
    assert len(str(refusal.value)) < 50


async def test_a_verified_token_is_remembered_until_it_expires() -> None:
    clock = Clock()
    once = authenticator(clock=clock)
    viewer = await once.viewer(compact())
    assert await once.viewer(compact()) is viewer
    clock.now += 3605  # within the leeway: verified anew
    again = await once.viewer(compact())
    assert again == viewer
    assert again is not viewer
    clock.now += 5
    with pytest.raises(Unauthenticated, match="expired"):
        await once.viewer(compact())


async def test_only_so_many_tokens_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth, "KEPT_TOKENS", 2)
    once = authenticator()
    first, second, third = [await once.viewer(with_claims(sub=name)) for name in "abc"]
    assert await once.viewer(with_claims(sub="c")) is third
    assert await once.viewer(with_claims(sub="b")) is second
    assert await once.viewer(with_claims(sub="a")) is not first
