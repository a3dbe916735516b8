"""What a connected account may be read for."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the purposes of connections: until now there was one."""
    op.add_column("connections", sa.Column("purposes", sa.String(120), nullable=False, server_default="decision"))


def downgrade() -> None:
    """Drop them."""
    op.drop_column("connections", "purposes")
