"""The conversations gateway: GraphQL and REST over conversations, leads and messages in PostgreSQL."""
