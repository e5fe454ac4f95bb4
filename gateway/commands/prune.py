"""`gateway prune`: deletes data that is older than a date."""

from collections import Counter
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import typer

from gateway.commands.exits import reported_failures, settings_with
from gateway.commands.progress import prune_progress
from gateway.database.admin.pruning import count_prunable
from gateway.database.admin.pruning import prune as prune_database


def prune(
    before: Annotated[
        datetime,
        typer.Option(
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"],
            metavar="DATE",
            help="Delete what is older; in UTC: 2026-03-31 or 2026-03-31T12:00:00Z.",
        ),
    ],
    organization: Annotated[UUID | None, typer.Option(help="Only of this organization.")] = None,
    conversations: Annotated[
        bool, typer.Option("--conversations", help="Also conversations without activity since.")
    ] = False,
    leads: Annotated[
        bool,
        typer.Option("--leads", help="Also conversations, and leads, unchanged since, that have no conversation left."),
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count.")] = False,
) -> None:
    """Delete messages older than a date, without downtime. Safe to interrupt and to repeat."""
    moment = before.replace(tzinfo=UTC)
    if moment > datetime.now(UTC):
        raise typer.BadParameter("is in the future", param_hint="'--before'")
    settings = settings_with("database_url")
    deepest = "leads" if leads else "conversations" if conversations else "messages"
    with reported_failures():
        if dry_run:
            found = count_prunable(settings.session_url, moment, deepest=deepest, organization_id=organization)
            typer.echo(f"{_numbers(found)} would go.")
            return
        with prune_progress() as report:
            gone = prune_database(
                settings.session_url,
                moment,
                deepest=deepest,
                organization_id=organization,
                report=lambda gone: report(gone.total()),
            )
    typer.echo(f"{_numbers(gone)} deleted.")


def _numbers(counted: Counter[str]) -> str:
    return f"{counted['messages']:,} messages, {counted['conversations']:,} conversations, {counted['leads']:,} leads"
