"""Runs migrations on the connection that the service hands over, in the transaction that it has begun."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"], target_metadata=None, version_table="schema_version"
)
context.run_migrations()
