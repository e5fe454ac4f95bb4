"""The documented paths: what each of them answers to which method."""

from starlette.routing import Route

from gateway.auth import Authenticator
from gateway.database.pool import Database
from rest_compat import conversations, leads
from rest_compat.resource import Operation, Resource

PREFIX = "/api/v1"


def rest_routes(authenticator: Authenticator, database: Database) -> list[Route]:
    """Make the routes. Every one of them asks for a token."""

    def route(path: str, **operations: Operation) -> Route:
        return Route(PREFIX + path, Resource(authenticator, database, operations))

    return [
        route("/conversations", GET=conversations.list_conversations),
        route(
            "/conversations/{conversation_id}",
            GET=conversations.get_conversation,
            PATCH=conversations.update_conversation_status,
        ),
        route("/conversations/{conversation_id}/messages", GET=conversations.get_messages),
        route("/leads", GET=leads.list_leads),
        route("/leads/{lead_id}", GET=leads.get_lead),
    ]
