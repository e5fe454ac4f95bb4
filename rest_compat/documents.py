"""The GraphQL documents that replace the calls: each asks for what the call answers."""

from graphql import parse, print_ast

_ITEM = """
id leadId sessionKey channel status messageCount createdAt updatedAt lead { id name email } lastMessageAt
lastMessagePreview
"""
_MESSAGES = "nodes { id conversationId role content metadata createdAt } pageInfo { hasNextPage endCursor }"
_LEAD = """
id name phone email company channel channelId status preferredServices appointmentNotes metadata createdAt updatedAt
"""
_USER_ERRORS = "userErrors { code message field }"


def _document(text: str) -> str:
    return print_ast(parse(text)) + "\n"


CONVERSATIONS = _document(f"""
query ListConversations($first: Int, $after: String, $filter: ConversationFilter) {{
  conversations(first: $first, after: $after, filter: $filter) {{
    nodes {{ {_ITEM} }} totalCount pageInfo {{ hasNextPage endCursor }}
  }}
}}
""")
CONVERSATION = _document(f"""
query GetConversation($id: ID!, $after: String) {{
  conversation(id: $id) {{
    id leadId sessionKey channel status createdAt updatedAt
    messages(first: 500, after: $after) {{ {_MESSAGES} }}
    lead {{ id name }}
  }}
}}
""")
MESSAGES = _document(f"""
query GetMessages($id: ID!, $first: Int, $after: String) {{
  conversation(id: $id) {{ messages(first: $first, after: $after) {{ {_MESSAGES} }} }}
}}
""")
UPDATE_STATUS = _document(f"""
mutation UpdateConversationStatus($input: UpdateConversationStatusInput!) {{
  updateConversationStatus(input: $input) {{ conversation {{ {_ITEM} }} {_USER_ERRORS} }}
}}
""")
LEADS = _document("""
query ListLeads($first: Int, $after: String, $filter: LeadFilter) {
  leads(first: $first, after: $after, filter: $filter) {
    nodes { id name phone email company channel status createdAt } totalCount pageInfo { hasNextPage endCursor }
  }
}
""")
LEAD = _document(f"query GetLead($id: ID!) {{ lead(id: $id) {{ {_LEAD} }} }}")
CREATE_LEAD = _document(f"""
mutation CreateLead($input: CreateLeadInput!) {{ createLead(input: $input) {{ lead {{ {_LEAD} }} {_USER_ERRORS} }} }}
""")
UPDATE_LEAD = _document(f"""
mutation UpdateLead($input: UpdateLeadInput!) {{ updateLead(input: $input) {{ lead {{ {_LEAD} }} {_USER_ERRORS} }} }}
""")
