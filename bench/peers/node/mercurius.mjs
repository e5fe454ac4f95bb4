// Mercurius with graphql-jit and its own loaders, on rows of node-postgres.
import { makeExecutableSchema } from '@graphql-tools/schema';
import Fastify from 'fastify';
import mercurius from 'mercurius';
import { grouped, leaves, organizationOf, port, roots, sql, typeDefs } from './common.mjs';

// Each level is one statement. All parents of a level share their arguments: they are of one field.
const batched = (loader) => ({ loader, opts: { cache: false } });

const loaders = {
  Conversation: {
    lead: batched(async (queries, { organization }) => {
      const rows = await sql.leads_by_id(organization, queries.map(({ obj }) => obj.leadId));
      const leads = new Map(rows.map((row) => [row.id, row]));
      return queries.map(({ obj }) => leads.get(obj.leadId));
    }),
    messages: batched(async (queries, { organization }) => {
      const ids = queries.map(({ obj }) => obj.id);
      return grouped(await sql.messages_by_conversation(organization, ids, queries[0].params.first), 'conversationId', ids);
    }),
  },
  Lead: {
    conversations: batched(async (queries, { organization }) => {
      const ids = queries.map(({ obj }) => obj.id);
      return grouped(await sql.conversations_by_lead(organization, ids, queries[0].params.first), 'leadId', ids);
    }),
  },
};

const app = Fastify();
app.register(mercurius, {
  schema: makeExecutableSchema({ typeDefs, resolvers: { ...leaves, ...roots } }),
  loaders,
  jit: 1,
  context: (request) => ({ organization: organizationOf(request.headers.authorization) }),
});
await app.listen({ port, host: '127.0.0.1' });
