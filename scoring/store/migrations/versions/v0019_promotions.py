"""Requests to put a policy or a model in force."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_INSTANT = sa.String(24)


def upgrade() -> None:
    """Add them."""
    op.create_table(
        "promotions",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("lender_id", sa.String(64)),
        sa.Column("open_for", sa.String(100)),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("content", sa.LargeBinary),
        sa.Column("evidence", sa.LargeBinary, nullable=False),
        sa.Column("requested_at", _INSTANT, nullable=False),
        sa.Column("requested_by", sa.String(40), nullable=False),
        sa.Column("requester", sa.String(120), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("expires_at", _INSTANT, nullable=False),
        sa.Column("ended_at", _INSTANT),
        sa.Column("ended_by", sa.String(40)),
        sa.Column("ender", sa.String(120)),
        sa.Column("end_reason", sa.Text),
        sa.UniqueConstraint("open_for", name="uq_promotions_open_for"),
        sa.PrimaryKeyConstraint("id", name="pk_promotions"),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("promotions")
