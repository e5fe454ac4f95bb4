"""Authenticators with a clock that the test sets."""

from pydantic import AnyHttpUrl, SecretStr

from gateway.auth import Authenticator
from gateway.settings import Settings
from tests.support.keys import (
    NOW,
    Provider,
)
from tests.support.organization import SECRET

ALGORITHMS = ["RS256", "ES256", "EdDSA"]


class Clock:
    """Seconds since the epoch, as the test says."""

    def __init__(self) -> None:
        self.now = float(NOW)

    def __call__(self) -> float:
        return self.now


def authenticator(
    provider: Provider | None = None,
    clock: Clock | None = None,
    issuer: str | None = None,
    audience: str | None = None,
) -> Authenticator:
    settings = Settings(
        jwt_secret=SecretStr(SECRET),
        jwks_url=AnyHttpUrl(provider.url) if provider else None,
        jwt_issuer=issuer,
        jwt_audience=audience,
        _env_file=None,
    )
    return Authenticator(settings, clock or Clock())
