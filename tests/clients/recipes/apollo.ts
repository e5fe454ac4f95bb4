import { ApolloClient, HttpLink, InMemoryCache } from "@apollo/client";
import { relayStylePagination } from "@apollo/client/utilities";

import { authorization, url } from "./gateway";
import { Inbox } from "./operations";

const client = new ApolloClient({
  link: new HttpLink({ uri: url, headers: { authorization } }),
  cache: new InMemoryCache({
    // One list for each filter; fetchMore({ variables: { after } }) adds to it.
    typePolicies: { Query: { fields: { conversations: relayStylePagination(["filter"]) } } },
  }),
});

const { data } = await client.query({ query: Inbox, variables: { first: 1 } });
console.log(data!.conversations.edges[0]!.node.lead.name);
