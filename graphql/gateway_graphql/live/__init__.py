"""Live events: what changes in an organization, and who subscribes to it."""
