// graphql-eslint's recommended rules for a schema, Relay's among them, and for operations.
import graphql from "@graphql-eslint/eslint-plugin";

const { "flat/schema-recommended": schema, "flat/schema-relay": relay, "flat/operations-recommended": operations } = graphql.configs;
const exceptions = {
  // What is no row of its own has no id.
  "@graphql-eslint/strict-id-in-types": ["error", { exceptions: { suffixes: ["Connection", "Edge", "Event", "Payload"], types: ["PageInfo", "UserError", "Viewer"] } }],
  // `nodes`, beside `edges`, spares clients a level.
  "@graphql-eslint/relay-edge-types": ["error", { withEdgeSuffix: true, shouldImplementNode: true, listTypeCanWrapOnlyEdgeType: false }],
};

export default [
  {
    files: ["**/*.graphql"],
    plugins: { "@graphql-eslint": graphql },
    languageOptions: {
      parser: graphql.parser,
      parserOptions: { graphQLConfig: { schema: "schema.graphql", documents: "operations/*.graphql" } },
    },
  },
  { files: ["schema.graphql"], rules: { ...schema.rules, ...relay.rules, ...exceptions } },
  { files: ["operations/*.graphql"], rules: operations.rules },
];
