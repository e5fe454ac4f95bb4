"""The identity provider's public keys: fetched, checked, kept, and fetched anew."""

import asyncio
import time
from collections.abc import Callable
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse
from typing import Any
from urllib.request import HTTPHandler, HTTPSHandler, OpenerDirector, ProxyHandler

import orjson
import structlog
from cryptography.exceptions import UnsupportedAlgorithm
from jwt import PyJWK, PyJWTError

ALGORITHMS = {"RSA": "RS256", "EC": "ES256", "OKP": "EdDSA"}  # by the type of the public key
JWKS_TIMEOUT = 5.0
JWKS_MAX_BYTES = 1_000_000
JWKS_MIN_AGE = 30.0  # seconds between two fetches, whatever keys are asked for
JWKS_MAX_AGE = 600.0  # seconds until known keys are fetched anew: withdrawn ones must stop working

log = structlog.get_logger(__name__)


class Jwks:
    """The provider's public keys, fetched when one is unknown or all have grown old: one fetch at a time."""

    def __init__(self, url: str, clock: Callable[[], float]) -> None:
        self._url = url
        self._clock = clock
        self._keys: list[PyJWK] = []
        self._tried_at = float("-inf")
        self._fetch: asyncio.Task[None] | None = None

    async def find(self, algorithm: str, key_id: str | None) -> PyJWK | None:
        """Return the key with this id, or without an id the algorithm's only one. None: it is unknown."""
        key = self._known(algorithm, key_id)
        age = self._clock() - self._tried_at
        if key and age < JWKS_MAX_AGE:
            return key
        if self._fetch is None and age >= JWKS_MIN_AGE:
            self._tried_at = self._clock()
            self._fetch = asyncio.create_task(self._refresh())  # outlives the request that started it
        if self._fetch:
            await asyncio.wait({self._fetch}, timeout=JWKS_TIMEOUT)
        return self._known(algorithm, key_id)

    def _known(self, algorithm: str, key_id: str | None) -> PyJWK | None:
        keys = [key for key in self._keys if key.algorithm_name == algorithm and key_id in (None, key.key_id)]
        return keys[0] if len(keys) == 1 else None

    async def _refresh(self) -> None:
        try:
            self._keys = await asyncio.to_thread(fetch_keys, self._url)
        except (OSError, HTTPException, ValueError) as error:
            log.warning("JWKS not fetched, keys stay as they were", keys=len(self._keys), error=str(error))
        else:
            log.info("JWKS fetched", keys=len(self._keys))
        finally:
            self._fetch = None


def fetch_keys(url: str) -> list[PyJWK]:
    """Fetch the keys that tokens can be verified with. Blocks. Raises OSError, HTTPException or ValueError."""
    opener = OpenerDirector()  # with neither redirects nor other schemes than these
    for handler in (ProxyHandler(), HTTPHandler(), HTTPSHandler()):
        opener.add_handler(handler)
    opener.addheaders = [("User-Agent", "conversations-gateway"), ("Accept", "application/json")]
    with opener.open(url, timeout=JWKS_TIMEOUT) as response:
        if response.status != HTTPStatus.OK:
            raise ValueError(f"the provider answered {response.status}")
        document = orjson.loads(_body(response))
    match document:
        case {"keys": [*jwks]}:
            return [key for jwk in jwks if isinstance(jwk, dict) and (key := _public_key(jwk))]
    raise ValueError("the answer is not a JWK set")


def _body(response: HTTPResponse) -> bytes:
    body, deadline = b"", time.monotonic() + JWKS_TIMEOUT
    while chunk := response.read1(65_536):
        body += chunk
        if len(body) > JWKS_MAX_BYTES or time.monotonic() > deadline:
            raise ValueError("the answer is too long or too slow")
    return body


def _public_key(jwk: dict[str, Any]) -> PyJWK | None:
    """Return the key if tokens may be verified with it. A set may well hold keys for other purposes."""
    algorithm = ALGORITHMS.get(str(jwk.get("kty")))
    purpose = (jwk.get("alg", algorithm), jwk.get("use", "sig"))
    if not algorithm or purpose != (algorithm, "sig") or "d" in jwk:
        return None
    try:
        key = PyJWK(jwk, algorithm)
        key.Algorithm.prepare_key(key.key)  # refuses another curve than the algorithm's
        fit = "verify" in jwk.get("key_ops", ["verify"]) and not key.Algorithm.check_key_length(key.key)
    except (PyJWTError, UnsupportedAlgorithm, TypeError):
        return None
    return key if fit else None
