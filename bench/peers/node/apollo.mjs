// Apollo Server, standalone, with DataLoader, on rows of node-postgres.
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import DataLoader from 'dataloader';
import { grouped, leaves, organizationOf, port, roots, sql, typeDefs } from './common.mjs';

// One loader for each page size that a request asks for.
const paged = (load) => {
  const loaders = new Map();
  return (first) => {
    if (!loaders.has(first)) loaders.set(first, new DataLoader((ids) => load(ids, first)));
    return loaders.get(first);
  };
};

const context = async ({ req }) => {
  const organization = organizationOf(req.headers.authorization);
  return {
    organization,
    leads: new DataLoader(async (ids) => {
      const leads = new Map((await sql.leads_by_id(organization, ids)).map((row) => [row.id, row]));
      return ids.map((id) => leads.get(id));
    }),
    conversations: paged(async (ids, first) =>
      grouped(await sql.conversations_by_lead(organization, ids, first), 'leadId', ids)),
    messages: paged(async (ids, first) =>
      grouped(await sql.messages_by_conversation(organization, ids, first), 'conversationId', ids)),
  };
};

const resolvers = {
  ...leaves,
  ...roots,
  Conversation: {
    lead: ({ leadId }, _, { leads }) => leads.load(leadId),
    messages: ({ id }, { first }, { messages }) => messages(first).load(id),
  },
  Lead: {
    conversations: ({ id }, { first }, { conversations }) => conversations(first).load(id),
  },
};

const server = new ApolloServer({ typeDefs, resolvers });
await startStandaloneServer(server, { context, listen: { port, host: '127.0.0.1' } });
