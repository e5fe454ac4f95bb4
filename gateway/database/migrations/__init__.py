"""Alembic's migrations: what brings a database's tables to this version."""
