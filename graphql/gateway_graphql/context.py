"""Context: what the resolvers of one operation share: viewer, database, loaders."""

from typing import Any

from strawberry.dataloader import DataLoader

from gateway.auth import Scope, Viewer
from gateway.database.allowance import Allowance
from gateway.database.paging import Page
from gateway.database.pool import Database
from gateway.database.tenant import Tenant
from gateway.database.threads import Part
from gateway.records import Lead, Message
from gateway.telemetry import log_with_request
from gateway_graphql.errors import Forbidden
from gateway_graphql.live.feeds import Feeds


class Context:
    """One operation's viewer, tenant, and loaders."""

    __slots__ = ("cost", "feeds", "last_event_id", "leads", "loaders", "operation", "pages", "tenant", "type", "viewer")

    def __init__(
        self,
        viewer: Viewer,
        database: Database,
        feeds: Feeds | None = None,
        last_event_id: str | None = None,
        allowance: Allowance | None = None,
    ) -> None:
        """Subscriptions need `feeds`. `last_event_id` is the last event that a returning client has seen.

        Operations that are answered together share an `allowance`.
        """
        self.viewer = viewer
        self.tenant = Tenant(database, viewer.organization_id, allowance or Allowance(database.most_bytes))
        self.feeds = feeds
        self.last_event_id = last_event_id
        self.loaders: dict[Any, DataLoader[Any, Any]] = {}
        self.leads: dict[int, Lead] = {}
        self.pages: dict[tuple[int, Part], Page[Message]] = {}
        """What came along with conversations, by their ids, as integers: UUIDs are hashed in Python."""
        self.operation: str | None = None
        """The name of the GraphQL operation, where there is one with a name."""
        self.type: str | None = None
        """`query`, `mutation` or `subscription`."""
        self.cost = 0
        """Rows that it asks for."""
        log_with_request(self)

    def require(self, scope: Scope) -> None:
        """Raise Forbidden unless the token has the scope."""
        if scope not in self.viewer.scopes:
            raise Forbidden(f"The token lacks the scope `{scope}`.")
