"""Runs migrations on the connection that the service hands over."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], target_metadata=None, transactional_ddl=False)
context.run_migrations()
