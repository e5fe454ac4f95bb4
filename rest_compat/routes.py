"""The documented paths: what each of them answers to which method."""

from collections.abc import Mapping

from starlette.routing import Route

from gateway.auth import Scope
from rest_compat import conversations, leads, successors
from rest_compat.call import Call
from rest_compat.resource import Gateway, Resource

PREFIX = "/api/v1"

CALLS: Mapping[str, Mapping[str, Call]] = {
    "/conversations": {
        "GET": Call(Scope.CONVERSATIONS_READ, conversations.list_conversations, successors.CONVERSATIONS),
    },
    "/conversations/{conversation_id}": {
        "GET": Call(Scope.CONVERSATIONS_READ, conversations.get_conversation, successors.CONVERSATION),
        "PATCH": Call(
            Scope.CONVERSATIONS_WRITE,
            conversations.update_conversation_status,
            successors.UPDATE_STATUS,
            tagged=False,
            version=conversations.conversation_version,
        ),
    },
    "/conversations/{conversation_id}/messages": {
        "GET": Call(Scope.CONVERSATIONS_READ, conversations.get_messages, successors.MESSAGES),
    },
    "/leads": {
        "GET": Call(Scope.LEADS_READ, leads.list_leads, successors.LEADS),
        "POST": Call(Scope.LEADS_WRITE, leads.create_lead, successors.CREATE_LEAD, status=201),
    },
    "/leads/{lead_id}": {
        "GET": Call(Scope.LEADS_READ, leads.get_lead, successors.LEAD),
        "PATCH": Call(Scope.LEADS_WRITE, leads.update_lead, successors.UPDATE_LEAD, version=leads.lead_version),
    },
}


def rest_routes(gateway: Gateway) -> list[Route]:
    """Make the routes. Every one of them asks for a token."""
    return [Route(PREFIX + path, Resource(gateway, PREFIX + path, calls)) for path, calls in CALLS.items()]
