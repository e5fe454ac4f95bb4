"""Service: what all transports of the schema share: authentication, the executor, feeds and limits."""

from pathlib import Path

from gateway.auth import Authenticator, Viewer
from gateway.budget import Budget
from gateway.database.allowance import Allowance
from gateway.database.pool import Database
from gateway.http.draining import Drain
from gateway.settings import Settings
from gateway.telemetry import SlowLog
from gateway_graphql.context import Context
from gateway_graphql.execution import Executor
from gateway_graphql.limits import Limits
from gateway_graphql.live.feeds import Feeds
from gateway_graphql.persisted import Mode, PersistedOperations, read_manifest
from gateway_graphql.quotas import Quota
from gateway_graphql.schema import schema
from gateway_graphql.subgraph import subgraph


class Service:
    """The schema, served from one database to the holders of tokens."""

    def __init__(
        self, settings: Settings, authenticator: Authenticator, database: Database, budget: Budget, drain: Drain
    ) -> None:
        """Raise ValueError where the trusted documents cannot be read."""
        self.drain = drain
        self.viewer = authenticator.viewer
        self.most_in_batch = settings.max_batch
        self.longest_message = settings.max_body_bytes
        self.most_socket_operations = settings.max_socket_operations
        self.sockets = Quota("sockets", settings.max_sockets)
        limits = Limits(
            depth=settings.max_depth,
            aliases=settings.max_aliases,
            directives=settings.max_directives,
            root_fields=settings.max_root_fields,
            fields=settings.max_fields,
            tokens=settings.max_tokens,
            characters=settings.max_characters,
            cost=settings.max_cost,
            seconds=settings.request_timeout,
        )
        trusted = {} if settings.documents is None else read_manifest(Path(settings.documents))
        persisted = PersistedOperations(trusted, Mode(settings.documents_mode))
        self.execute = Executor(
            subgraph if settings.federation else schema,
            persisted,
            limits,
            budget,
            Quota("subscriptions", settings.max_subscriptions),
            compiles=settings.compiled,
            introspection=settings.introspection,
        )
        self.feeds = Feeds(database)
        self.slow = SlowLog(settings.slow_milliseconds)
        self._database = database

    def context(self, viewer: Viewer, last_event_id: str | None = None, allowance: Allowance | None = None) -> Context:
        """Make the context of one operation."""
        return Context(viewer, self._database, self.feeds, last_event_id, allowance)

    def allowance(self) -> Allowance:
        """Make what the operations of one request may find together."""
        return Allowance(self._database.most_bytes)
