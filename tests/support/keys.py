"""Keys made at test time, tokens signed with them, and an identity provider that publishes them."""

import hmac
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import AllowedPrivateKeys
from jwt.utils import base64url_encode

from tests.support.organization import SECRET

NOW = 1_772_877_600
ORGANIZATION = UUID("0b9f4ab6-3f3c-4b7e-9d7b-1f2e6b1a2c3d")
CLAIMS = {"sub": "user-1", "organization_id": str(ORGANIZATION), "exp": NOW + 3600}
HEADER = {"alg": "HS256", "typ": "JWT"}


@cache
def private_key(algorithm: str, name: str) -> AllowedPrivateKeys:
    """Return the algorithm's key of that name, the same throughout a run."""
    match algorithm:
        case "RS256":
            return rsa.generate_private_key(65_537, 2_048)
        case "ES256":
            return ec.generate_private_key(ec.SECP256R1())
        case "EdDSA":
            return ed25519.Ed25519PrivateKey.generate()
    raise ValueError(f"no key is made for {algorithm} {name}")


def public_pem(algorithm: str) -> bytes:
    """Return the public key as a file would hold it."""
    return private_key(algorithm, "first").public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def written(algorithm: str, key: object) -> dict[str, Any]:
    """Return a public or private key as a JWK."""
    members: dict[str, Any] = json.loads(jwt.get_algorithm_by_name(algorithm).to_jwk(key))
    return members


def jwk(algorithm: str, name: str = "first", /, **members: object) -> dict[str, Any]:
    """Return a public key as a provider publishes it, its id the name. Members given as None are left out."""
    public = written(algorithm, private_key(algorithm, name).public_key())
    published = {**public, "kid": name, "use": "sig", "alg": algorithm, **members}
    return {member: value for member, value in published.items() if value is not None}


def signed(algorithm: str, name: str | None = "first", key: AllowedPrivateKeys | None = None) -> str:
    """Return a header with the usual claims, signed with the key of that name or with another one."""
    header = None if name is None else {"kid": name}
    key = key or private_key(algorithm, name or "first")
    return f"Bearer {jwt.encode(CLAIMS, key, algorithm, header)}"


def compact(header: object = HEADER, payload: object = CLAIMS, secret: bytes = SECRET.encode()) -> str:
    """Sign what no library would: bytes are taken as they are, all else is written as JSON."""
    parts = [part if isinstance(part, bytes) else json.dumps(part).encode() for part in (header, payload)]
    content = b".".join(map(base64url_encode, parts))
    return with_signature(f"Bearer {content.decode()}.", hmac.digest(secret, content, "sha256"))


def with_signature(authorization: str, signature: bytes) -> str:
    """Put another signature in place of a token's."""
    return f"{authorization.rpartition('.')[0]}.{base64url_encode(signature).decode()}"


class Provider:
    """What an identity provider answers, to be changed while it runs, and how often it was asked."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.status = 200
        self.headers: dict[str, str] = {}
        self.body = b""
        self.pause = 0.0
        """Seconds between the bytes of the body, where there is a pause."""
        self.fetches = 0
        self.answers = threading.Event()
        self.answers.set()

    def publish(self, *keys: object) -> None:
        """Serve these keys from now on."""
        self.body = json.dumps({"keys": keys}).encode()


class _Server(ThreadingHTTPServer):
    provider: Provider


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        provider = self.server.provider
        provider.fetches += 1
        provider.answers.wait()
        with suppress(ConnectionError):  # the gateway may have given up
            self.send_response(provider.status)
            for header, value in provider.headers.items():
                self.send_header(header, value)
            self.end_headers()
            for piece in map(bytes, zip(provider.body)) if provider.pause else [provider.body]:
                self.wfile.write(piece)
                time.sleep(provider.pause)

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


@contextmanager
def provider(*keys: object) -> Iterator[Provider]:
    """Run a provider of these keys on a free port of this machine."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.provider = Provider(f"http://127.0.0.1:{server.server_port}/keys")
        server.provider.publish(*keys)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.provider
        finally:
            server.provider.answers.set()
            server.shutdown()
            thread.join()
