import { useSubscription } from "@apollo/client/react";
import { useEffect, useState, useSyncExternalStore } from "react";

import { client } from "./client";
import { EVERYTHING, Filters, type Filter } from "./Filters";
import { graphql } from "./gql";
import { Inbox } from "./Inbox";
import { token } from "./session";
import { useConnection, watchConnection } from "./socket";
import { Thread } from "./Thread";

const MessageAdded = graphql(`
  subscription MessageAdded($after: String) {
    messageAdded(after: $after) {
      cursor
      message {
        ...Message
        conversationId
      }
    }
  }
`);

const STATES = {
  connecting: "Connecting …",
  live: "Live",
  reconnecting: "Reconnecting …",
  refused: "The token is not accepted",
};

/** Appends every new message to its thread, if that has been opened. */
function useNewMessages() {
  useSubscription(MessageAdded, {
    ignoreResults: true,
    onData({ client: { cache }, data: { data } }) {
      const message = data!.messageAdded.message;
      cache.modify({
        id: cache.identify({ __typename: "Conversation", id: message.conversationId }),
        fields: {
          messages(thread, { readField, toReference }) {
            const known = thread.edges.some((edge: { node: never }) => readField("id", edge.node) === message.id);
            const edge = { __typename: "MessageEdge", cursor: "", node: toReference(message) };
            return known ? thread : { ...thread, edges: [...thread.edges, edge] };
          },
        },
      });
    },
  });
}

/** Asks anew for what is shown when the connection is there (again): it may have changed unheard. */
function useFreshness() {
  useEffect(
    () =>
      watchConnection((connection) => {
        // What happens between the question and the subscription's beginning would be missed: ask after it.
        if (connection === "live") setTimeout(() => client.refetchQueries({ include: "active" }), 500);
      }),
    [],
  );
}

/** The conversation that the address names: `#id`. */
function useOpened(): string {
  return useSyncExternalStore(
    (tell) => {
      addEventListener("hashchange", tell);
      return () => removeEventListener("hashchange", tell);
    },
    () => location.hash.slice(1),
  );
}

export function App() {
  const [filter, setFilter] = useState<Filter>(EVERYTHING);
  const opened = useOpened();
  const connection = useConnection();
  useNewMessages();
  useFreshness();
  return (
    <div className="app" data-opened={opened !== ""}>
      <header>
        <h1>Inbox</h1>
        <span className="connection" data-state={connection} role="status">
          {STATES[connection]}
        </span>
        <nav aria-label="The gateway's other pages">
          <a href={`/graphql#token=${token}`}>GraphiQL</a>
          <a href={`/docs#token=${token}`}>REST</a>
          <a href="/metrics">Metrics</a>
        </nav>
      </header>
      <aside>
        <Filters filter={filter} change={setFilter} />
        <Inbox filter={filter} opened={opened} />
      </aside>
      <main>{opened ? <Thread key={opened} id={opened} /> : <p className="empty">Choose a conversation to read it.</p>}</main>
    </div>
  );
}
