"""The GraphQL schema: types, resolvers, connections, errors, and its transports."""
