"""Runs of schedules: each due moment once."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them."""
    op.create_table(
        "scheduled_runs",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("schedule", sa.String(40), nullable=False),
        sa.Column("due_at", sa.String(24), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("started_at", sa.String(24)),
        sa.Column("ended_at", sa.String(24)),
        sa.Column("free_at", sa.String(24)),
        sa.Column("outcome", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_scheduled_runs"),
        sa.UniqueConstraint("schedule", "due_at", name="uq_scheduled_runs_schedule"),
    )
    op.create_index("ix_scheduled_runs_state", "scheduled_runs", ["state", "free_at"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("scheduled_runs")
