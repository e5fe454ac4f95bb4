import { graphql } from "./gql";

export const Inbox = graphql(`
  query Inbox($first: Int!, $after: String, $filter: ConversationFilter) {
    conversations(first: $first, after: $after, filter: $filter) {
      edges {
        node {
          id
          status
          lastMessageAt
          lead {
            name
            metadata
          }
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

export const AddMessage = graphql(`
  mutation AddMessage($input: AddMessageInput!) {
    addMessage(input: $input) {
      message {
        id
      }
      userErrors {
        code
        message
        field
      }
    }
  }
`);

export const MessageAdded = graphql(`
  subscription MessageAdded($after: String) {
    messageAdded(after: $after) {
      cursor
      message {
        conversationId
        content
      }
    }
  }
`);
