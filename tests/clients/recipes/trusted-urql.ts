import { cacheExchange, Client, fetchExchange } from "@urql/core";
import { persistedExchange } from "@urql/exchange-persisted";

import { authorization, url } from "./gateway";
import { Inbox } from "./operations";

const client = new Client({
  url,
  preferGetMethod: false,
  fetchOptions: { headers: { authorization } },
  exchanges: [
    cacheExchange,
    persistedExchange({
      enforcePersistedQueries: true,
      enableForMutation: true,
      generateHash: async (_, document) => (document as typeof document & { __meta__: { hash: string } }).__meta__.hash,
    }),
    fetchExchange,
  ],
});

const { data, error } = await client.query(Inbox, { first: 1 });
if (error) throw error;
console.log(data!.conversations.edges[0]!.node.lead.name);
