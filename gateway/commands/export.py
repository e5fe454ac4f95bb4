"""`gateway export`: writes an organization's records as `gateway import` reads them."""

import sys

from gateway.commands.exits import reported_failures, settings_with
from gateway.commands.parameters import Organization
from gateway.database.admin.transfer import export_lines


def export(organization: Organization) -> None:
    """Write an organization's records to standard output, in the format that import reads."""
    settings = settings_with("database_url")
    with reported_failures():
        sys.stdout.buffer.writelines(export_lines(settings.session_url, organization))
