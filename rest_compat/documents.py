"""The GraphQL documents that replace the calls: each asks for what the call answers."""

CONVERSATIONS = """\
query ListConversations($first: Int, $after: String, $filter: ConversationFilter) {
  conversations(first: $first, after: $after, filter: $filter) {
    nodes {
      id
      leadId
      sessionKey
      channel
      status
      messageCount
      createdAt
      updatedAt
      lead {
        id
        name
        email
      }
      lastMessageAt
      lastMessagePreview
    }
    totalCount
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
"""

CONVERSATION = """\
query GetConversation($id: ID!, $after: String) {
  conversation(id: $id) {
    id
    leadId
    sessionKey
    channel
    status
    createdAt
    updatedAt
    messages(first: 500, after: $after) {
      nodes {
        id
        conversationId
        role
        content
        metadata
        createdAt
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
    lead {
      id
      name
    }
  }
}
"""

MESSAGES = """\
query GetMessages($id: ID!, $first: Int, $after: String) {
  conversation(id: $id) {
    messages(first: $first, after: $after) {
      nodes {
        id
        conversationId
        role
        content
        metadata
        createdAt
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
}
"""

UPDATE_STATUS = """\
mutation UpdateConversationStatus($input: UpdateConversationStatusInput!) {
  updateConversationStatus(input: $input) {
    conversation {
      id
      leadId
      sessionKey
      channel
      status
      messageCount
      createdAt
      updatedAt
      lead {
        id
        name
        email
      }
      lastMessageAt
      lastMessagePreview
    }
    userErrors {
      code
      message
      field
    }
  }
}
"""

LEADS = """\
query ListLeads($first: Int, $after: String, $filter: LeadFilter) {
  leads(first: $first, after: $after, filter: $filter) {
    nodes {
      id
      name
      phone
      email
      company
      channel
      status
      createdAt
    }
    totalCount
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
"""

_LEAD = """\
      id
      name
      phone
      email
      company
      channel
      channelId
      status
      preferredServices
      appointmentNotes
      metadata
      createdAt
      updatedAt
"""

LEAD = (
    """\
query GetLead($id: ID!) {
  lead(id: $id) {
"""
    + _LEAD.replace("      ", "    ")
    + """\
  }
}
"""
)

_CHANGE_LEAD = """\
mutation {name}($input: {name}Input!) {{
  {field}(input: $input) {{
    lead {{
{lead}    }}
    userErrors {{
      code
      message
      field
    }}
  }}
}}
"""
CREATE_LEAD = _CHANGE_LEAD.format(name="CreateLead", field="createLead", lead=_LEAD)
UPDATE_LEAD = _CHANGE_LEAD.format(name="UpdateLead", field="updateLead", lead=_LEAD)
