"""The documented REST paths over the GraphQL schema's resolvers."""
