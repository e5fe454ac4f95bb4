// Composes the gateway and another subgraph into a supergraph, and asks Apollo's router, which stands in front of both.
import { readFileSync } from "node:fs";
import { ApolloGateway, LocalGraphQLDataSource, RemoteGraphQLDataSource } from "@apollo/gateway";
import { composeServices } from "@apollo/composition";
import { buildSubgraphSchema } from "@apollo/subgraph";
import { parse } from "graphql";

const [sdl, otherSdl, url, authorization, lead, query] = process.argv.slice(2);
const [typeDefs, otherTypeDefs] = [sdl, otherSdl].map((file) => parse(readFileSync(file, "utf-8")));
const subgraphs = [
  { name: "conversations", url, typeDefs },
  { name: "bookings", url: "local", typeDefs: otherTypeDefs },
];
const { errors = [], hints = [], supergraphSdl } = composeServices(subgraphs);

const booking = { lead: { id: lead }, at: "2026-05-04T10:00:00Z" };
const bookings = buildSubgraphSchema({
  typeDefs: otherTypeDefs,
  resolvers: { Query: { bookings: () => [booking] }, Lead: { bookings: ({ id }) => (id === lead ? [booking] : []) } },
});
const conversations = new RemoteGraphQLDataSource({
  url,
  willSendRequest: ({ request }) => request.http.headers.set("authorization", authorization),
});
const router = new ApolloGateway({
  supergraphSdl,
  logger: { debug() {}, info() {}, warn: console.error, error: console.error },
  buildService: ({ name }) => (name === "bookings" ? new LocalGraphQLDataSource(bookings) : conversations),
});
const { executor } = await router.load();
const answer = await executor({ request: { query }, document: parse(query), queryHash: query, context: {} });
await router.stop();
console.log(JSON.stringify({ errors: errors.map(String), hints: hints.map(String), answer }));
