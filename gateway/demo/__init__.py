"""The demo's database: an embedded PostgreSQL with sample data, and a secret that lasts as long."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from gateway.database.admin.command_errors import command_errors
from gateway.database.admin.transfer import export_lines, import_lines
from gateway.database.migrate import migrate
from gateway.embedded import create_role, embedded_postgres
from gateway.sample import SAMPLE_ORGANIZATION, sample_lines
from gateway.settings import Settings
from gateway.tokens import signed_token

_TOKEN_DAYS = 30
_SECRET_BYTES = 48
_ROLE = "gateway"


@contextmanager
def demo_database(data: Path) -> Iterator[tuple[str, str]]:
    """Run the demo's database on a data directory. Raises EmbeddedPostgresError.

    Yields its URL for other programs, which may do everything, and for the gateway, which is under row-level security.
    """
    with embedded_postgres(data) as url:
        walled = create_role(url, _ROLE)
        with command_errors():
            migrate(url, _ROLE)
        if next(export_lines(url, SAMPLE_ORGANIZATION), None) is None:
            import_lines(url, SAMPLE_ORGANIZATION, sample_lines())
        yield url, walled


def demo_secret(data: Path) -> str:
    """Return the secret that signs the demo's tokens, made where it is missing: they outlive a restart."""
    path = data / "jwt-secret"
    with suppress(FileExistsError):
        # Written apart and linked: a second demo that starts meanwhile finds a whole secret or none.
        draft = data / f"jwt-secret.{os.getpid()}"
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:  # noqa: PTH123 (born with its mode)
            file.write(secrets.token_urlsafe(_SECRET_BYTES))
        try:
            os.link(draft, path)
        finally:
            draft.unlink()
    return path.read_text()


def demo_token(settings: Settings) -> str:
    """Sign a token for the sample data."""
    return signed_token(settings, SAMPLE_ORGANIZATION, user="demo", scopes=None, ttl=_TOKEN_DAYS * 24 * 3600)


def demo_introduction(base: str, settings: Settings) -> str:
    """Say what there is at a URL to look at, and with which token."""
    token = demo_token(settings)
    return (
        f"Inbox    {base}/\n"
        f"GraphiQL {base}/graphql#token={token}\n"
        f"GraphQL  {base}/graphql\n"
        f"REST     {base}/api/v1/conversations\n"
        f"\nA token, good for {_TOKEN_DAYS} days:\n{token}\n"
        f"\nTry:\n"
        f"curl -H 'Authorization: Bearer {token}' '{base}/api/v1/conversations?size=3'\n"
        "\nCtrl-C stops everything."
    )
