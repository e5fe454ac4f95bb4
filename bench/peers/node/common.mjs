// What the Node peers share: the pool, statements prepared by name, tokens verified once, the schema's scalars and enums.
import { readFileSync } from 'node:fs';
import { createVerifier } from 'fast-jwt';
import { GraphQLScalarType } from 'graphql';
import pg from 'pg';

const read = (path) => readFileSync(new URL(path, import.meta.url), 'utf8');

export const typeDefs = read('../schema.graphql');
export const port = Number(process.env.BENCH_PORT);
export const pool = new pg.Pool({ max: Number(process.env.BENCH_POOL_SIZE) });

const verified = createVerifier({ key: process.env.BENCH_SECRET, algorithms: ['HS256'], cache: true });

// Raises where the token is missing, wrong or expired.
export const organizationOf = (authorization) => verified((authorization ?? '').replace('Bearer ', '')).organization_id;

// A function that runs sql/<name>.sql and resolves to its rows.
export const statement = (name) => {
  const text = read(`../sql/${name}.sql`);
  return async (...values) => (await pool.query({ name, text, values })).rows;
};

export const sql = Object.fromEntries(
  ['leads', 'leads_by_id', 'conversation', 'conversations', 'conversations_by_lead', 'messages_by_conversation',
    'set_status'].map((name) => [name, statement(name)]),
);

// Rows of one statement, one list for each key in the keys' order.
export const grouped = (rows, column, keys) => {
  const groups = new Map(keys.map((key) => [key, { nodes: [] }]));
  for (const row of rows) groups.get(row[column]).nodes.push(row);
  return keys.map((key) => groups.get(key));
};

const words = (...names) => Object.fromEntries(names.map((name) => [name, name.toLowerCase()]));

export const leaves = {
  DateTime: new GraphQLScalarType({ name: 'DateTime', serialize: (value) => value.toISOString() }),
  JSON: new GraphQLScalarType({ name: 'JSON', serialize: (value) => value }),
  Channel: words('WHATSAPP', 'TELEGRAM', 'WEB', 'VOICE'),
  ConversationStatus: words('ACTIVE', 'COMPLETED', 'ESCALATED', 'ABANDONED'),
  LeadStatus: words('NEW', 'CONTACTED', 'BOOKING_OFFERED', 'BOOKED', 'CONFIRMED', 'COMPLETED', 'NO_SHOW', 'CANCELLED',
    'LOST'),
  MessageRole: words('USER', 'ASSISTANT', 'SYSTEM'),
};

export const roots = {
  Query: {
    conversation: async (_, { id }, { organization }) => (await sql.conversation(organization, id))[0] ?? null,
    conversations: async (_, { first }, { organization }) => ({ nodes: await sql.conversations(organization, first) }),
    leads: async (_, { first }, { organization }) => ({ nodes: await sql.leads(organization, first) }),
  },
  Mutation: {
    updateConversationStatus: async (_, { input }, { organization }) => ({
      conversation: (await sql.set_status(organization, input.id, input.status))[0] ?? null,
    }),
  },
};
