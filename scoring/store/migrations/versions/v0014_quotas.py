"""Quotas of API keys."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them."""
    op.add_column("api_keys", sa.Column("quota", sa.String(24)))
    op.add_column("api_keys", sa.Column("quota_used", sa.Integer, nullable=False, server_default="0"))
    op.add_column("api_keys", sa.Column("quota_from", sa.String(24)))


def downgrade() -> None:
    """Drop them."""
    for name in ("quota_from", "quota_used", "quota"):
        op.drop_column("api_keys", name)
