"""Fixtures of the database's tests: a tenant."""

import pytest

from gateway.database.pool import Database
from gateway.database.tenant import Tenant
from tests.support.organization import Organization


@pytest.fixture
def tenant(database: Database, organization: Organization) -> Tenant:
    """The new organization's way into the database."""
    return Tenant(database, organization.id)
