import { cacheExchange, Client, fetchExchange, subscriptionExchange } from "@urql/core";

import { authorization, url } from "./gateway";
import { subscribe } from "./live";
import { AddMessage, Inbox, MessageAdded } from "./operations";

const client = new Client({
  url,
  preferGetMethod: false,
  fetchOptions: { headers: { authorization } },
  exchanges: [
    cacheExchange,
    fetchExchange,
    subscriptionExchange({
      forwardSubscription: ({ query = "", variables = {} }) => ({
        subscribe: (sink) => ({ unsubscribe: subscribe({ query }, variables, sink) }),
      }),
    }),
  ],
});

const { data, error } = await client.query(Inbox, { first: 1, filter: { status: ["ACTIVE"] } });
if (error) throw error; // error.graphQLErrors[0].extensions.code: BAD_USER_INPUT, FORBIDDEN, ...
const { id: conversationId, lead } = data!.conversations.edges[0]!.node;
console.log(lead.name);

const idempotencyKey = crypto.randomUUID(); // the same one when the same message is sent again
const added = await client.mutation(AddMessage, {
  input: { conversationId, role: "ASSISTANT", content: "On my way", idempotencyKey },
});
console.log(added.data?.addMessage.userErrors);

client.subscription(MessageAdded, {}).subscribe(({ data }) => {
  console.log(data?.messageAdded.message.content);
  process.exit();
});
