import { useQuery } from "@apollo/client/react";
import { useDeferredValue, useEffect, type KeyboardEvent } from "react";

import { asked, fits, type Filter } from "./Filters";
import { CHANNELS, initials, recently, words } from "./format";
import { graphql } from "./gql";
import type { RowFragment } from "./gql/graphql";
import { Failure } from "./Failure";

const InboxQuery = graphql(`
  query Inbox($filter: ConversationFilter, $after: String) {
    conversations(first: 25, filter: $filter, after: $after) {
      edges {
        cursor
        node {
          ...Row
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
  fragment Row on Conversation {
    id
    channel
    status
    updatedAt
    lastMessageAt
    lastMessagePreview
    lead {
      id
      name
    }
  }
`);

const ConversationChanged = graphql(`
  subscription ConversationChanged($search: String) {
    conversationChanged(filter: { search: $search }) {
      ...Row
    }
  }
`);

export function Inbox({ filter, opened }: { filter: Filter; opened: string }) {
  const search = useDeferredValue(filter.search.trim()) || null;
  const { data, previousData, error, loading, fetchMore, refetch, subscribeToMore } = useQuery(InboxQuery, {
    variables: { filter: asked(filter, search) },
    notifyOnNetworkStatusChange: true,
  });
  useEffect(
    () =>
      subscribeToMore({
        document: ConversationChanged,
        // Whatever its status and channel: who leaves the list is to be heard of too.
        variables: { search },
        updateQuery: (_, { complete, previousData, subscriptionData }) => {
          if (!complete) return undefined;
          const node = subscriptionData.data.conversationChanged;
          const { edges, ...rest } = previousData.conversations;
          const edge = { __typename: "ConversationEdge" as const, cursor: "", node };
          return { conversations: { ...rest, edges: [edge, ...edges.filter((each) => each.node.id !== node.id)] } };
        },
      }),
    [subscribeToMore, search],
  );

  const list = (data ?? previousData)?.conversations;
  if (!list && error) return <Failure what="The conversations cannot be read." retry={refetch} />;
  if (!list) return <p className="empty">Loading …</p>;
  const rows = inOrder(list.edges.map((edge) => edge.node)).filter((row) => fits(row, filter));
  return (
    <nav className="list" aria-label="Conversations" aria-busy={loading} onKeyDown={moveFocus}>
      {!rows.length && !loading && <p className="empty">No conversation matches.</p>}
      <ul>
        {rows.map((row) => (
          <Row key={row.id} row={row} current={row.id === opened} />
        ))}
      </ul>
      {list.pageInfo.hasNextPage && (
        <button disabled={loading} onClick={() => fetchMore({ variables: { after: list.pageInfo.endCursor } })}>
          More conversations
        </button>
      )}
    </nav>
  );
}

/** Last activity first, as the gateway lists them; who changed since is in the cache already. */
function inOrder(rows: RowFragment[]): RowFragment[] {
  const unique = new Map(rows.map((row) => [row.id, row]));
  return [...unique.values()].sort((one, other) => Date.parse(other.updatedAt) - Date.parse(one.updatedAt));
}

function Row({ row, current }: { row: RowFragment; current: boolean }) {
  return (
    <li>
      <a href={`#${row.id}`} aria-current={current || undefined}>
        <span className="face" aria-hidden>
          {initials(row.lead.name)}
        </span>
        <strong>{row.lead.name}</strong>
        <time dateTime={row.updatedAt}>{recently(row.updatedAt)}</time>
        <span className="preview" key={row.lastMessageAt}>
          {row.lastMessagePreview ?? "No message yet"}
        </span>
        <span className="tags">
          <span className="status" data-status={row.status}>
            {words(row.status)}
          </span>
          {CHANNELS[row.channel]}
        </span>
      </a>
    </li>
  );
}

/** Arrow keys move between conversations. */
function moveFocus(event: KeyboardEvent<HTMLElement>) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  const links = [...event.currentTarget.querySelectorAll("a")];
  links[links.indexOf(document.activeElement as HTMLAnchorElement) + step]?.focus();
  event.preventDefault();
}
