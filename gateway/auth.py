"""Authentication: a token becomes a Viewer (user, organization, scopes), or raises Unauthenticated."""

import time
from collections.abc import Callable
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from jwt import PyJWK, PyJWS, PyJWTError
from jwt.utils import base64url_encode
from pydantic import SecretStr

from gateway.jwks import ALGORITHMS, Jwks
from gateway.records import read_uuid
from gateway.settings import Settings

LEEWAY = 10.0  # seconds that the clocks of the gateway and of the identity provider may differ
MAX_TOKEN_BYTES = 8_192
KEPT_TOKENS = 10_000
"""Verified tokens that are cached: the oldest are dropped first."""

_YEAR_10000 = 253_402_300_800.0
_JWS = PyJWS()

Claims = dict[str, Any]


class Scope(StrEnum):
    """What a token lets its viewer do."""

    CONVERSATIONS_READ = "conversations:read"
    CONVERSATIONS_WRITE = "conversations:write"
    LEADS_READ = "leads:read"
    LEADS_WRITE = "leads:write"


_IMPLIED = {Scope.CONVERSATIONS_WRITE: Scope.CONVERSATIONS_READ, Scope.LEADS_WRITE: Scope.LEADS_READ}


class Unauthenticated(Exception):
    """The token is missing or invalid. The text may be shown to the client."""


class Viewer(NamedTuple):
    """A user inside one organization."""

    user_id: str
    organization_id: UUID
    scopes: frozenset[str]
    """What is allowed in effect: writing includes reading."""
    expires_at: float
    """The token's `exp`: seconds since the epoch, without leeway."""
    client: str | None = None
    """The program that the token was issued to, where it says so: its `azp` or `client_id`."""

    def stays_until(self, now: float) -> float:
        """Say until when a connection that opens now may stay: until `exp`, or if that is past, the leeway's end."""
        return self.expires_at if now < self.expires_at else self.expires_at + LEEWAY


class _Verified(NamedTuple):
    """A token that was verified before: valid while its key is, and until it expires."""

    header: Claims
    key: PyJWK
    viewer: Viewer


class Authenticator:
    """Verifies tokens. The algorithm decides whose key counts: the secret's, or one of the provider's set."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.time) -> None:
        """`clock` gives seconds since the epoch."""
        self._secret = _secret_key(settings.jwt_secret) if settings.jwt_secret else None
        self._jwks = Jwks(str(settings.jwks_url), clock) if settings.jwks_url else None
        self._issuer = settings.jwt_issuer
        self._audience = settings.jwt_audience
        self._clock = clock
        self._verified: dict[str, _Verified] = {}
        """By the header's value."""
        self.hits = self.misses = 0
        """Of the cache."""

    async def viewer(self, authorization: str | None) -> Viewer:
        """Read the value of an `Authorization` header. Raises Unauthenticated."""
        known = self._verified.get(authorization or "")
        if known and self._clock() < known.viewer.expires_at:
            key = known.key if known.key is self._secret else await self._key(known.header)
            if key is known.key:
                self.hits += 1
                return known.viewer
        self.misses += 1
        verified = await self._verify(_bearer_token(authorization))
        self._verified[authorization or ""] = verified
        if len(self._verified) > KEPT_TOKENS:
            del self._verified[next(iter(self._verified))]
        return verified.viewer

    async def _verify(self, token: str) -> "_Verified":
        try:
            # Taken apart without a key, because the header says which key to verify it with.
            jws = _JWS.decode_complete(token, options={"verify_signature": False})
        except (PyJWTError, UnicodeError):  # lone surrogates have no bytes
            raise Unauthenticated("Token is malformed") from None
        key = await self._key(jws["header"])
        if not key.Algorithm.verify(token.rpartition(".")[0].encode(), key.key, jws["signature"]):
            raise Unauthenticated("Token signature is invalid")
        return _Verified(jws["header"], key, self._read(_claims(jws["payload"])))

    async def _key(self, header: Claims) -> PyJWK:
        if "crit" in header:
            raise Unauthenticated("Token has an unknown extension")
        algorithm = str(header.get("alg"))
        if self._secret and algorithm == "HS256":
            return self._secret
        if not self._jwks or algorithm not in ALGORITHMS.values():
            raise Unauthenticated("Token algorithm is not accepted")
        key = await self._jwks.find(algorithm, header.get("kid"))
        if key is None:
            raise Unauthenticated("Token is signed with an unknown key")
        return key

    def _read(self, claims: Claims) -> Viewer:
        now = self._clock()
        expires_at = _timestamp(claims, "exp")
        if expires_at <= now - LEEWAY:
            raise Unauthenticated("Token has expired")
        if "nbf" in claims and _timestamp(claims, "nbf") > now + LEEWAY:
            raise Unauthenticated("Token is not valid yet")
        if self._issuer is not None and claims.get("iss") != self._issuer:
            raise Unauthenticated("Token issuer is not accepted")
        audience = claims.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        if self._audience is not None and self._audience not in audiences:
            raise Unauthenticated("Token audience is not accepted")
        return Viewer(_user_id(claims), _organization_id(claims), _scopes(claims), expires_at, _client(claims))


def _secret_key(secret: SecretStr) -> PyJWK:
    return PyJWK({"kty": "oct", "k": base64url_encode(secret.get_secret_value().encode()).decode()}, "HS256")


def _bearer_token(authorization: str | None) -> str:
    scheme, _, token = (authorization or "").partition(" ")
    token = token.strip(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("Not authenticated")
    if len(token) > MAX_TOKEN_BYTES:
        raise Unauthenticated("Token is too long")
    return token


def _claims(payload: bytes) -> Claims:
    try:
        claims = orjson.loads(payload)
    except orjson.JSONDecodeError:
        claims = None
    if not isinstance(claims, dict):
        raise Unauthenticated("Token is malformed")
    return claims


def _timestamp(claims: Claims, name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < _YEAR_10000:
        raise Unauthenticated(f"Token has no valid {name}")
    return float(value)


def _user_id(claims: Claims) -> str:
    user_id = claims.get("sub")
    if not isinstance(user_id, str) or not user_id:
        raise Unauthenticated("Token has no valid sub")
    return user_id


def _organization_id(claims: Claims) -> UUID:
    try:
        return read_uuid(claims.get("organization_id"))
    except ValueError:
        raise Unauthenticated("Token has no valid organization_id") from None


def _client(claims: Claims) -> str | None:
    # Any text will do: it is for metrics only.
    return next((given for name in ("azp", "client_id") if isinstance(given := claims.get(name), str) and given), None)


def _scopes(claims: Claims) -> frozenset[str]:
    if "scope" not in claims:
        return frozenset(Scope)
    if not isinstance(claims["scope"], str):
        raise Unauthenticated("Token has no valid scope")
    words = claims["scope"].split()
    granted = {scope for scope in Scope if scope in words}
    return frozenset(granted | {_IMPLIED[scope] for scope in granted & _IMPLIED.keys()})
