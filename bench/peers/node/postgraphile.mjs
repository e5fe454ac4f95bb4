// PostGraphile as its quick start has it: the schema is made of the database's tables. It verifies the token; which
// organization's rows are asked for stands in the document (row level security would cost it a transaction a request).
import { createServer } from 'node:http';
import { makePgService } from 'postgraphile/adaptors/pg';
import { grafserv } from 'postgraphile/grafserv/node';
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber';
import { postgraphile } from 'postgraphile';
import { organizationOf, pool, port } from './common.mjs';

const preset = {
  extends: [PostGraphileAmberPreset],
  pgServices: [makePgService({ pool, schemas: ['public'] })],
  grafserv: { graphqlPath: '/graphql', graphiql: false, watch: false },
  grafast: {
    explain: false,
    context: ({ node }) => ({ organization: organizationOf(node?.req.headers.authorization) }),
  },
};

const server = createServer();
await postgraphile(preset).createServ(grafserv).addTo(server);
server.listen(port, '127.0.0.1');
