"""Five things that a client asks for, and the same in PostGraphile's names."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

import orjson
import psycopg

INBOX = """{ conversations(first: 20) { nodes { id sessionKey channel status messageCount createdAt updatedAt
    lastMessageAt lastMessagePreview lead { id name email } } } }"""
THREAD = """query ($id: ID!) { conversation(id: $id) { id status lead { id name }
    messages(first: 50) { nodes { id role content metadata createdAt } } } }"""
NESTED = """{ leads(first: 20) { nodes { id name status conversations(first: 5) { nodes { id channel status
    messages(first: 10) { nodes { id role content createdAt } } } } } } }"""
ONE_ROW = "query ($id: ID!) { conversation(id: $id) { id status } }"
MUTATION = """mutation ($input: UpdateConversationStatusInput!) { updateConversationStatus(input: $input) {
    conversation { id status } } }"""

# PostGraphile names what it finds in the database; aliases make its answers the same. `id` is its own, Relay's.
POSTGRAPHILE = {
    INBOX: """query ($organization: UUID!) { conversations: allConversations(first: 20,
        condition: {organizationId: $organization}, orderBy: [UPDATED_AT_DESC]) { nodes { id: rowId sessionKey channel
        status messageCount createdAt updatedAt lastMessageAt lastMessagePreview
        lead: leadByOrganizationIdAndLeadId { id: rowId name email } } } }""",
    THREAD: """query ($organization: UUID!, $id: UUID!) {
        conversation: conversationByOrganizationIdAndRowId(organizationId: $organization, rowId: $id) { id: rowId status
        lead: leadByOrganizationIdAndLeadId { id: rowId name }
        messages: messagesByOrganizationIdAndConversationId(first: 50, orderBy: [CREATED_AT_ASC]) {
        nodes { id: rowId role content metadata createdAt } } } }""",
    NESTED: """query ($organization: UUID!) { leads: allLeads(first: 20, condition: {organizationId: $organization},
        orderBy: [CREATED_AT_DESC]) { nodes { id: rowId name status
        conversations: conversationsByOrganizationIdAndLeadId(first: 5, orderBy: [UPDATED_AT_DESC]) {
        nodes { id: rowId channel status
        messages: messagesByOrganizationIdAndConversationId(first: 10, orderBy: [CREATED_AT_ASC]) {
        nodes { id: rowId role content createdAt } } } } } } }""",
    ONE_ROW: """query ($organization: UUID!, $id: UUID!) {
        conversation: conversationByOrganizationIdAndRowId(organizationId: $organization, rowId: $id) {
        id: rowId status } }""",
    MUTATION: """mutation ($organization: UUID!, $id: UUID!, $status: String!) {
        updateConversationStatus: updateConversationByOrganizationIdAndRowId(input: {organizationId: $organization,
        rowId: $id, conversationPatch: {status: $status}}) { conversation { id: rowId status } } }""",
}

CONVERSATIONS = 64
"""Requests for one conversation take turns among so many."""


class Workload(NamedTuple):
    """A document, and the variables of the requests that take turns."""

    name: str
    document: str
    variables: Sequence[dict[str, Any]]

    def bodies(self) -> list[bytes]:
        """Return what is posted."""
        return [orjson.dumps({"query": self.document, "variables": each}) for each in self.variables]

    def postgraphile(self, organization: UUID) -> "Workload":
        """Return the same for PostGraphile."""
        variables = []
        for each in self.variables:
            given = dict(each.get("input", each))
            if "status" in given:
                given["status"] = given["status"].lower()
            variables.append({"organization": str(organization), **given})
        return Workload(self.name, POSTGRAPHILE[self.document], variables)


def workloads(database_url: str, organization: UUID) -> list[Workload]:
    """Return the workloads, about conversations that the database has."""
    threads = _ids(database_url, organization, "message_count >= 50")
    # Not the inbox's: a change moves a conversation to its front.
    others = _ids(database_url, organization, "message_count BETWEEN 5 AND 20 AND created_at < '2025-06-01'")
    changes = [{"input": {"id": id, "status": status}} for status in ("ACTIVE", "ESCALATED") for id in others]
    return [
        Workload("inbox of 20 with leads", INBOX, [{}]),
        Workload("thread of 50", THREAD, [{"id": id} for id in threads]),
        Workload("20 leads > 5 conversations > 10 messages", NESTED, [{}]),
        Workload("one row, two fields", ONE_ROW, [{"id": id} for id in threads]),
        Workload("status mutation", MUTATION, changes),
    ]


def _ids(database_url: str, organization: UUID, condition: str) -> list[str]:
    query = f"SELECT id FROM conversations WHERE organization_id = $1 AND {condition} ORDER BY id LIMIT $2"
    with psycopg.connect(database_url, cursor_factory=psycopg.RawCursor) as connection:
        return [str(row[0]) for row in connection.execute(query.encode(), (organization, CONVERSATIONS))]
