import { useMutation } from "@apollo/client/react";

import { STATUSES, words } from "./format";
import { graphql } from "./gql";
import type { ConversationStatus } from "./gql/graphql";

const UpdateStatus = graphql(`
  mutation UpdateStatus($input: UpdateConversationStatusInput!) {
    updateConversationStatus(input: $input) {
      conversation {
        id
        status
        updatedAt
      }
      userErrors {
        message
      }
    }
  }
`);

/** How a conversation stands, to be changed: seen at once, and taken back if the gateway refuses. */
export function Status({ id, status }: { id: string; status: ConversationStatus }) {
  const [update, { data, error }] = useMutation(UpdateStatus);
  const problem = error?.message ?? data?.updateConversationStatus.userErrors[0]?.message;
  const change = (status: ConversationStatus) =>
    update({
      variables: { input: { id, status } },
      optimisticResponse: {
        updateConversationStatus: {
          __typename: "UpdateConversationStatusPayload",
          conversation: { __typename: "Conversation", id, status, updatedAt: new Date().toISOString() },
          userErrors: [],
        },
      },
    }).catch(() => {}); // `error` says it
  return (
    <label className="status" data-status={status}>
      <span>Status</span>
      <select value={status} onChange={(event) => change(event.target.value as ConversationStatus)}>
        {STATUSES.map((each) => (
          <option key={each} value={each}>
            {words(each)}
          </option>
        ))}
      </select>
      {problem && <span role="alert">Not changed: {problem}</span>}
    </label>
  );
}
