"""Whose a request is: every token is verified once and remembered until it expires, as the gateway does it."""

import os
import time
from typing import Any

import jwt

_known: dict[str, dict[str, Any]] = {}


def organization_of(authorization: str) -> str:
    """Return the organization of an `Authorization` header. Raises PyJWT's errors."""
    claims = _known.get(authorization)
    if claims is None or claims["exp"] < time.time():
        token = authorization.removeprefix("Bearer ")
        claims = _known[authorization] = jwt.decode(token, os.environ["BENCH_SECRET"], algorithms=["HS256"])
    organization: str = claims["organization_id"]
    return organization
