"""The provider's keys: which are fit, when they are fetched anew, what an outage does."""

import asyncio
import threading

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from structlog.testing import capture_logs

from gateway import jwks
from gateway.auth import Authenticator, Unauthenticated
from gateway.settings import Settings
from tests.support.authenticators import Clock, authenticator
from tests.support.keys import (
    Provider,
    compact,
    jwk,
    private_key,
    provider,
    signed,
    written,
)

SHORT = rsa.generate_private_key(65_537, 1_024)
UNFIT: dict[str, dict[str, object]] = {
    "for encryption": {"use": "enc"},
    "for signing only": {"key_ops": ["sign"]},
    "odd operations": {"key_ops": 7},
    "of another algorithm": {"alg": "RS512"},
    "of an odd algorithm": {"alg": ["RS256"]},
    "of another type": {"kty": "EC"},
    "of no type": {"kty": None},
    "a secret": {"kty": "oct", "alg": "HS256", "k": None},
    "a secret for any algorithm": {"kty": "oct", "alg": None},
    "of algorithm none": {"alg": "none"},
    "of an odd type": {"kty": ["RSA"]},
    "without a modulus": {"n": None},
    "odd modulus": {"n": 7},
    "too short": {**written("RS256", SHORT.public_key()), "key_ops": None},
    "private": {**written("RS256", private_key("RS256", "first")), "key_ops": None},
    "another curve": {
        **written("ES384", ec.generate_private_key(ec.SECP384R1()).public_key()),
        "alg": "ES256",
    },
}


@pytest.mark.parametrize("case", UNFIT)
async def test_keys_that_are_not_for_verifying_tokens(case: str) -> None:
    published = [jwk("RS256", **UNFIT[case]), jwk("EdDSA", "second"), 7, None, {}]
    with provider(*published) as keys:
        for algorithm in ("RS256", "ES256"):
            with pytest.raises(Unauthenticated, match="unknown key"):
                await authenticator(keys).viewer(signed(algorithm))
        assert await authenticator(keys).viewer(signed("EdDSA", "second")), "a key beside it works"


@pytest.mark.parametrize("published", [[jwk("ES256"), jwk("ES256", "second")], [jwk("RS256")], []])
async def test_without_an_id_exactly_one_key_must_fit(published: list[object]) -> None:
    with provider(*published) as keys, pytest.raises(Unauthenticated, match="unknown key"):
        await authenticator(keys).viewer(signed("ES256", None))


async def test_without_a_provider_or_a_secret_their_algorithms_are_refused() -> None:
    with pytest.raises(Unauthenticated, match="algorithm"):
        await authenticator().viewer(signed("RS256"))
    with pytest.raises(Unauthenticated, match="algorithm"):
        await Authenticator(Settings(_env_file=None)).viewer(compact())


async def test_unknown_keys_fetch_anew_but_rarely() -> None:
    clock = Clock()
    with provider(jwk("ES256")) as keys:
        gateway = authenticator(keys, clock)
        assert await gateway.viewer(signed("ES256"))
        keys.publish(jwk("ES256", "second"))
        for _ in range(20):
            with pytest.raises(Unauthenticated, match="unknown key"):
                await gateway.viewer(signed("ES256", "second"))
        assert await gateway.viewer(signed("ES256")), "known keys work meanwhile"
        assert keys.fetches == 1
        clock.now += 30
        assert await gateway.viewer(signed("ES256", "second"))
        with pytest.raises(Unauthenticated, match="unknown key"):
            await gateway.viewer(signed("ES256"))
        assert keys.fetches == 2


async def test_a_withdrawn_key_stops_working_though_nobody_asks_for_another() -> None:
    clock = Clock()
    with provider(jwk("ES256")) as keys:
        gateway = authenticator(keys, clock)
        assert await gateway.viewer(signed("ES256"))
        keys.publish()
        clock.now += 599
        assert await gateway.viewer(signed("ES256"))
        clock.now += 1
        with pytest.raises(Unauthenticated, match="unknown key"):
            await gateway.viewer(signed("ES256"))


async def test_concurrent_requests_share_one_fetch_and_one_that_leaves_does_not_end_it() -> None:
    clock = Clock()
    with provider(jwk("ES256")) as keys:
        keys.answers.clear()
        gateway = authenticator(keys, clock)
        first, *others = [asyncio.create_task(gateway.viewer(signed("ES256"))) for _ in range(20)]
        await asyncio.sleep(0.05)
        clock.now += 30
        others.append(asyncio.create_task(gateway.viewer(signed("ES256"))))
        await asyncio.sleep(0.05)
        first.cancel()
        keys.answers.set()
        assert all(await asyncio.gather(*others))
        assert first.cancelled()
        assert keys.fetches == 1


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (500, {}, b'{"keys": []}'),
        (302, {"Location": "/elsewhere"}, b""),
        (200, {}, b""),
        (200, {}, b"<html>"),
        (200, {}, b"[]"),
        (200, {f"X-{number}": "" for number in range(101)}, b'{"keys": []}'),
        (200, {}, b'{"keys": {}}'),
        (200, {}, b"[" * 100_000),
        (200, {"Content-Length": "100"}, b'{"keys": ['),
        (200, {}, b'{"keys": []}' + b" " * 1_000_000),
    ],
)
async def test_an_outage_keeps_the_keys_and_is_logged_once(status: int, headers: dict[str, str], body: bytes) -> None:
    clock, token = Clock(), signed("ES256")
    with provider(jwk("ES256")) as keys:
        gateway = authenticator(keys, clock)
        assert await gateway.viewer(token)
        keys.status, keys.headers, keys.body = status, headers, body
        clock.now += 50
        with capture_logs() as logs, pytest.raises(Unauthenticated, match="unknown key"):
            await gateway.viewer(signed("ES256", "second"))
        assert await gateway.viewer(token)
    assert [entry["log_level"] for entry in logs] == ["warning"]
    assert keys.fetches == 2


async def test_a_provider_that_was_never_there() -> None:
    with provider() as keys:
        pass
    with capture_logs() as logs, pytest.raises(Unauthenticated, match="unknown key"):
        await authenticator(keys).viewer(signed("ES256"))
    assert "refused" in logs[0]["error"]


@pytest.mark.parametrize(("pause", "reason"), [(1, "timed out"), (0.01, "too slow")])
async def test_a_provider_that_is_slow_is_given_up(pause: float, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jwks, "JWKS_TIMEOUT", 0.1)
    with provider(jwk("ES256")) as keys, capture_logs() as logs:
        keys.pause = pause
        with pytest.raises(Unauthenticated, match="unknown key"):
            await authenticator(keys).viewer(signed("ES256"))
        while not logs:  # noqa: ASYNC110 (the fetch has no event to wait for)
            await asyncio.sleep(0.01)
        keys.pause = 0
    assert reason in logs[0]["error"]


async def test_nobody_waits_long_for_a_fetch(monkeypatch: pytest.MonkeyPatch) -> None:
    resolved = threading.Event()  # names are resolved without a time limit
    monkeypatch.setattr(jwks, "JWKS_TIMEOUT", 0.01)
    monkeypatch.setattr(jwks, "fetch_keys", lambda _: resolved.wait(5) and [])
    with capture_logs() as logs, pytest.raises(Unauthenticated, match="unknown key"):
        await authenticator(Provider("http://127.0.0.1:1/")).viewer(signed("ES256"))
    resolved.set()
    assert logs == []
