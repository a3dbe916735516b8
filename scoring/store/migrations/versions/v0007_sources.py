"""Where the books of a connected account are."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the source of connections: until now there was one, which version 0.3 goes on adding without naming it."""
    op.add_column("connections", sa.Column("source", sa.String(32), nullable=False, server_default="sevdesk"))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("connections", "source")
