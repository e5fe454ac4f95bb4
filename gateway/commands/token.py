"""`gateway token`: signs a token, to try things and for scripts."""

from typing import Annotated

import typer

from gateway.auth import Scope
from gateway.commands.exits import settings_with
from gateway.commands.parameters import Organization
from gateway.tokens import signed_token


def token(
    organization: Organization,
    user: Annotated[str, typer.Option(help="The token's `sub`.")] = "operator",
    scope: Annotated[list[str] | None, typer.Option(help="A scope; may be repeated. Default: all.")] = None,
    ttl: Annotated[int, typer.Option(min=1, help="Seconds until it expires.")] = 3600,
) -> None:
    """Print a token signed with GATEWAY_JWT_SECRET."""
    scopes = " ".join(scope).split() if scope else None
    unknown = sorted(set(scopes or ()) - set(Scope))
    if unknown:
        raise typer.BadParameter(f"{unknown[0]!r} is none of {', '.join(Scope)}", param_hint="'--scope'")
    if not user:
        raise typer.BadParameter("must not be empty", param_hint="'--user'")
    typer.echo(signed_token(settings_with("jwt_secret"), organization, user=user, scopes=scopes, ttl=ttl))
