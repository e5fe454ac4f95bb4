import { useQuery } from "@apollo/client/react";

import { Failure } from "./Failure";
import { CHANNELS, clock, full } from "./format";
import { graphql } from "./gql";
import type { MessageFragment } from "./gql/graphql";
import { Status } from "./Status";

const ThreadQuery = graphql(`
  query Thread($id: ID!, $before: String) {
    conversation(id: $id) {
      id
      status
      channel
      lead {
        id
        name
        phone
        email
        company
      }
      messages(last: 20, before: $before) {
        edges {
          cursor
          node {
            ...Message
          }
        }
        pageInfo {
          hasPreviousPage
          startCursor
        }
      }
    }
  }
  fragment Message on Message {
    id
    role
    content
    createdAt
    metadata
  }
`);

export function Thread({ id }: { id: string }) {
  const { data, error, loading, fetchMore, refetch } = useQuery(ThreadQuery, {
    variables: { id },
    fetchPolicy: "cache-and-network",
    refetchWritePolicy: "merge", // as client.ts says: earlier pages stay
    notifyOnNetworkStatusChange: true,
  });
  if (!data && error) return <Failure what="This conversation cannot be read." retry={refetch} />;
  if (!data) return <p className="empty">Loading …</p>;
  const { conversation } = data;
  if (!conversation) return <p className="empty">There is no such conversation (any more).</p>;
  const { lead, messages } = conversation;
  const known = [CHANNELS[conversation.channel], lead.company, lead.phone, lead.email].filter(Boolean).join(" · ");
  return (
    <article className="thread" aria-label={`Conversation with ${lead.name}`}>
      <header>
        <a className="back" href="#" aria-label="Back to the list">
          ‹
        </a>
        <div>
          <h2>{lead.name}</h2>
          <p>{known}</p>
        </div>
        <Status id={id} status={conversation.status} />
      </header>
      {/* Scrolls from its end: what comes in front moves nothing that is seen. */}
      <div className="scroll" tabIndex={0} role="log" aria-label="Messages" aria-busy={loading}>
        <ol>
          {messages.pageInfo.hasPreviousPage && (
            <li className="earlier">
              <button
                disabled={loading}
                onClick={() => fetchMore({ variables: { before: messages.pageInfo.startCursor } })}
              >
                Earlier messages
              </button>
            </li>
          )}
          {!messages.edges.length && <li className="empty">No message yet.</li>}
          {messages.edges.map(({ node }) => (
            <Message key={node.id} message={node} />
          ))}
        </ol>
      </div>
    </article>
  );
}

const SPEAKERS = { USER: "Customer", ASSISTANT: "Receptionist", SYSTEM: "Notice" };

function Message({ message: { role, content, createdAt, metadata } }: { message: MessageFragment }) {
  const speaker = typeof metadata.author === "string" ? metadata.author : SPEAKERS[role];
  return (
    <li className="message" data-role={role}>
      <p>{content}</p>
      <small>
        {speaker}, <time dateTime={createdAt} title={full(createdAt)}>{clock(createdAt)}</time>
      </small>
    </li>
  );
}
