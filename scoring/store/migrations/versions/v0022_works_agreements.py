"""Files of works agreements on figures of single persons that were in force."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them."""
    op.create_table(
        "works_agreements",
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("first_seen_at", sa.String(24), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_works_agreements"),
        sa.UniqueConstraint("version", name="uq_works_agreements_version"),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("works_agreements")
