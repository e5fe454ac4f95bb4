import { ApolloClient, ApolloLink, type FieldPolicy, HttpLink, InMemoryCache, type Reference } from "@apollo/client";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { relayStylePagination } from "@apollo/client/utilities";
import { OperationTypeNode } from "graphql";
import { tap } from "rxjs";

import { authorization, url } from "./session";
import { socket } from "./socket";

// After a break graphql-ws subscribes anew with the same variables. With the last event's cursor among them,
// the gateway first tells what was missed: every message exactly once.
const resume = new ApolloLink((operation, forward) => {
  const variables: Record<string, unknown> = (operation.variables = { ...operation.variables });
  return forward(operation).pipe(
    tap(({ data }) => {
      if (data?.messageAdded) variables.after = data.messageAdded.cursor;
    }),
  );
});

type Edges = { edges: { node: Reference }[] };

// A thread only grows: an earlier page comes in front, the latest one where it overlaps with what is known.
const thread: FieldPolicy<Edges> = {
  keyArgs: false,
  merge(existing = { edges: [] }, incoming, { args }) {
    const fresh = new Set(incoming.edges.map((edge) => edge.node.__ref));
    const isFresh = (edge: Edges["edges"][0]) => fresh.has(edge.node.__ref);
    const overlap = existing.edges.findIndex(isFresh);
    const at = args?.before ? 0 : overlap < 0 ? existing.edges.length : overlap;
    const newer = existing.edges.slice(at).filter((edge) => !isFresh(edge));
    return { ...(at ? existing : incoming), edges: [...existing.edges.slice(0, at), ...incoming.edges, ...newer] };
  },
};

export const client = new ApolloClient({
  link: ApolloLink.split(
    ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
    ApolloLink.from([resume, new GraphQLWsLink(socket)]),
    new HttpLink({ uri: url, headers: { authorization } }),
  ),
  cache: new InMemoryCache({
    typePolicies: {
      Query: { fields: { conversations: relayStylePagination(["filter"]) } },
      Conversation: { fields: { messages: thread } },
    },
  }),
});
