"""`gateway doctor`: checks all that the gateway needs, and says how to fix what is wrong."""

import os
from collections.abc import Iterator, Sequence
from http.client import HTTPException
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import orjson
import typer
from pydantic import ValidationError

from gateway.commands.exits import FAILED, WRONG_URL, wrong_settings
from gateway.database.address import is_address
from gateway.database.admin.checkup import database_findings, pooled, reached
from gateway.findings import Finding, Level, failure, ok, warning
from gateway.jwks import fetch_keys
from gateway.settings import PREFIX, Settings, read_settings
from gateway_graphql.persisted import read_manifest

_COLORS = {Level.OK: "green", Level.WARNING: "yellow", Level.FAILURE: "red"}
_OTHERS = frozenset({f"{PREFIX}DEMO_DATA"})  # of the commands, not of the server


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check settings, keys and database, and say how to fix problems. Fails if something does not work."""
    found = list(_findings())
    for line in _shown(found, as_json=as_json):
        typer.echo(line)
    if _failures(found):
        raise typer.Exit(FAILED)


def _findings() -> Iterator[Finding]:
    """Look at settings, keys, documents and database, as far as the settings let us."""
    try:
        settings = read_settings()
    except ValidationError as error:
        for said in wrong_settings(error):
            yield failure("settings", said, "`gateway settings` says what it may be.")
        return
    yield _settings_finding(settings)
    yield _tokens_finding(settings)
    yield _documents_finding(settings)
    if is_address(settings.session_url):
        yield from database_findings(
            settings.session_url,
            settings.pool_size,
            settings.statement_timeout,
            row_security=settings.row_security,
        )
        yield from _others(settings)
    else:
        wrong = WRONG_URL if settings.session_url else "is not set"
        yield failure("database", f"GATEWAY_DATABASE_URL {wrong}", "Set it.")


def _others(settings: Settings) -> Iterator[Finding]:
    if settings.direct_url:
        yield _pooler(settings)
    for number, url in enumerate(settings.replica_urls.split(), 1):
        yield _reached(f"replica {number}", url, settings)


def _pooler(settings: Settings) -> Finding:
    if not is_address(settings.database_url):
        return failure("pooler", f"GATEWAY_DATABASE_URL {WRONG_URL}", "Correct it.")
    return pooled(
        settings.database_url,
        settings.direct_url,
        settings.statement_timeout,
        settings.lock_timeout,
        prepares=settings.prepare,
    )


def _reached(check: str, url: str, settings: Settings) -> Finding:
    if not is_address(url):
        return failure(check, f"its address {WRONG_URL}", "Correct it.")
    return reached(check, url, settings.statement_timeout)


def _shown(found: Sequence[Finding], *, as_json: bool) -> Iterator[str]:
    """Write findings for people, or as one JSON document."""
    if as_json:
        document = {"failures": _failures(found), "findings": [each._asdict() for each in found]}
        yield orjson.dumps(document, option=orjson.OPT_INDENT_2).decode()
        return
    for check, level, said, advice in found:
        yield f"{typer.style(f'{level:8}', fg=_COLORS[level])} {check:12} {said}"
        if advice:
            yield f"{'':21} -> {advice}"


def _failures(found: Sequence[Finding]) -> int:
    """Count what does not work."""
    return sum(each.level is Level.FAILURE for each in found)


def _settings_finding(settings: Settings) -> Finding:
    known = {f"{PREFIX}{name}".upper() for name in Settings.model_fields}
    given = {name.upper() for name in os.environ if name.upper().startswith(PREFIX)}
    unknown = sorted(given - known - _OTHERS)
    if unknown:
        return warning("settings", f"nobody reads {', '.join(unknown)}", "`gateway settings` has all names.")
    return ok("settings", f"{len(settings.model_fields_set)} of {len(known)} are set, the others have their defaults")


def _tokens_finding(settings: Settings) -> Finding:
    ways = ["HS256 by GATEWAY_JWT_SECRET"] if settings.jwt_secret else []
    if settings.jwks_url is not None:
        host = urlsplit(str(settings.jwks_url)).hostname
        try:
            keys = fetch_keys(str(settings.jwks_url))
        except (OSError, HTTPException, ValueError) as error:
            return failure("tokens", f"the keys of {host} cannot be fetched: {error}", "Check GATEWAY_JWKS_URL.")
        if not keys:
            advice = "Is it the address of the set of public keys, of RS256, ES256 or EdDSA?"
            return failure("tokens", f"none of {host}'s keys can verify tokens", advice)
        ways.append(f"{', '.join(sorted({key.algorithm_name for key in keys}))} by {len(keys)} keys of {host}")
    if not ways:
        return failure("tokens", "nobody's tokens are accepted", "Set GATEWAY_JWT_SECRET or GATEWAY_JWKS_URL.")
    return ok("tokens", "; ".join(ways))


def _documents_finding(settings: Settings) -> Finding:
    if settings.documents is None:
        return ok("documents", "all are run")
    try:
        trusted = len(read_manifest(Path(settings.documents)))
    except ValueError as error:
        return failure("documents", str(error), "Set GATEWAY_DOCUMENTS to a manifest.")
    return ok("documents", f"{trusted:,} are trusted; the mode is {settings.documents_mode}")
