"""Alembic's entry: runs the migrations on the connection that `migrate` hands over."""

from alembic import context

from gateway.database.tables import VERSION_TABLE, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
)
with context.begin_transaction():
    context.run_migrations()
