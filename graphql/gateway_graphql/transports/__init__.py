"""How GraphQL is spoken: over HTTP, WebSocket and Server-Sent Events."""
