"""Signs tokens with the gateway's own secret: for the demo, for trying things, for scripts."""

import time
from collections.abc import Sequence
from uuid import UUID

import jwt

from gateway.settings import Settings


def signed_token(
    settings: Settings, organization_id: UUID, *, user: str, scopes: Sequence[str] | None, ttl: int
) -> str:
    """Sign a token that is good for `ttl` seconds. Scopes None: all. The settings must have a secret."""
    assert settings.jwt_secret is not None  # noqa: S101 (the commands ask for it)
    claims = {
        "sub": user,
        "organization_id": str(organization_id),
        "exp": int(time.time()) + ttl,
        "scope": None if scopes is None else " ".join(scopes),
        "iss": settings.jwt_issuer,
        "aud": settings.jwt_audience,
    }
    present = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(present, settings.jwt_secret.get_secret_value(), algorithm="HS256")
