"""The texts of policies."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the policies that were in force."""
    op.create_table(
        "policies",
        sa.Column("sha256", sa.String(64)),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("first_seen_at", sa.String(24), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_policies"),
        sa.UniqueConstraint("version", name="uq_policies_version"),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("policies")
