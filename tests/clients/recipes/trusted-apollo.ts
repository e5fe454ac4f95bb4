import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache, type TypedDocumentNode } from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { generatePersistedQueryIdsFromManifest } from "@apollo/persisted-query-lists";

import { authorization, url } from "./gateway";

const ids = generatePersistedQueryIdsFromManifest({ loadManifest: () => import("./apollo-manifest.json") });
const client = new ApolloClient({
  link: ApolloLink.from([new PersistedQueryLink(ids), new HttpLink({ uri: url, headers: { authorization } })]),
  cache: new InMemoryCache(),
});

const First: TypedDocumentNode<{ leads: { nodes: { id: string; name: string }[] } }> = gql`
  query First {
    leads(first: 1) {
      nodes {
        id
        name
      }
    }
  }
`;

const { data } = await client.query({ query: First });
console.log(data!.leads.nodes[0]!.name);
