"""Service: what every transport of the schema needs: who asks, what runs operations, what they run on."""

from gateway.auth import Authenticator, Viewer
from gateway.database.pool import Database
from gateway_graphql.context import Context
from gateway_graphql.execution import Executor
from gateway_graphql.feeds import Feeds
from gateway_graphql.schema import schema


class Service:
    """The schema, served from one database to the holders of tokens."""

    def __init__(self, authenticator: Authenticator, database: Database) -> None:
        self.viewer = authenticator.viewer
        self.execute = Executor(schema)
        self.feeds = Feeds(database)
        self._database = database

    def context(self, viewer: Viewer, last_event_id: str | None = None) -> Context:
        """Make the context of one operation."""
        return Context(viewer, self._database, self.feeds, last_event_id)
