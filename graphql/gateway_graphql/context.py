"""Context: who asks, and what lasts as long as one operation."""

from typing import Any

from strawberry.dataloader import DataLoader

from gateway.auth import Scope, Viewer
from gateway.database.pool import Database, Tenant
from gateway_graphql.errors import Forbidden


class Context:
    """One operation's viewer, way into the database, and loaders."""

    __slots__ = ("loaders", "tenant", "viewer")

    def __init__(self, viewer: Viewer, database: Database) -> None:
        self.viewer = viewer
        self.tenant = Tenant(database, viewer.organization_id)
        self.loaders: dict[Any, DataLoader[Any, Any]] = {}

    def require(self, scope: Scope) -> None:
        """Raise Forbidden unless the token has the scope."""
        if scope not in self.viewer.scopes:
            raise Forbidden(f"The token lacks the scope `{scope}`.")
