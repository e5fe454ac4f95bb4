// Each client does what its manual shows, and the answers are written as one JSON object.
import { createHash } from "node:crypto";
import { ApolloClient, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { createClient as createSse } from "graphql-sse";
import { createClient as createWs } from "graphql-ws";
import WebSocket from "ws";

const [url, authorization] = process.argv.slice(2);
const ADDED = "subscription { messageAdded { cursor message { content } } }";
const START = `mutation ($lead: ID!) {
  startConversation(input: {leadId: $lead, channel: WEB, sessionKey: "1"}) { conversation { id } userErrors { code } }
}`;
const ADD = `mutation ($id: ID!, $text: String!) {
  addMessage(input: {conversationId: $id, role: USER, content: $text}) { message { id content conversation { id messageCount } } userErrors { code } }
}`;

const http = [];
const watchedFetch = (input, init) => {
  http.push([init.method, "query" in JSON.parse(init.body ?? "{}") || String(input).includes("query=")]);
  return fetch(input, init);
};
const sha256 = async (text) => createHash("sha256").update(text).digest("hex");
const apollo = new ApolloClient({
  cache: new InMemoryCache(),
  link: new PersistedQueryLink({ sha256 }).concat(new HttpLink({ uri: url, headers: { authorization }, fetch: watchedFetch })),
});
const mutate = async (mutation, variables) => (await apollo.mutate({ mutation: gql(mutation), variables })).data;
const created = await mutate(`mutation { createLead(input: {name: "Jane"}) { lead { id } userErrors { code } } }`);
const started = await mutate(START, { lead: created.createLead.lead.id });
const id = started.startConversation.conversation.id;
const READ = gql`query Read($id: ID!) { conversation(id: $id) { id messageCount lead { id name } } }`;
const read = async (fetchPolicy) => (await apollo.query({ query: READ, variables: { id }, fetchPolicy })).data.conversation;
const before = await read("network-only");
http.length = 0;
await read("network-only");
const byHash = [...http];
await mutate(ADD, { id, text: "through Apollo" });
// The mutation's payload has changed the cache: nothing is fetched.
const cached = await read("cache-only");

const contents = async (events, count, between) => {
  const found = [];
  const iterator = events[Symbol.asyncIterator]();
  const first = iterator.next();
  await new Promise((done) => setTimeout(done, 300));
  await between();
  for (let next = await first; ; next = await iterator.next()) {
    found.push(next.value.data.messageAdded.message.content);
    if (found.length === count) break;
  }
  await iterator.return();
  return found;
};
const addTwo = async () => {
  await mutate(ADD, { id, text: "one" });
  await mutate(ADD, { id, text: "two" });
};
const ws = createWs({ url: url.replace("http", "ws"), webSocketImpl: WebSocket, connectionParams: { Authorization: authorization } });
const overWs = await contents(ws.iterate({ query: ADDED }), 2, addTwo);
const once = [];
for await (const answer of ws.iterate({ query: "{ __typename }" })) once.push(answer.data);
await ws.dispose();
const sse = createSse({ url, headers: { authorization } });
const overSse = await contents(sse.iterate({ query: ADDED }), 2, addTwo);
sse.dispose();

console.log(JSON.stringify({ before: before.messageCount, byHash, cached: cached.messageCount, overWs, once, overSse }));
process.exit(0);
