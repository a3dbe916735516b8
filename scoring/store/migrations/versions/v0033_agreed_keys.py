"""Which keys each process has, since when a schedule has its rhythm, and one run of a schedule at a time."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

_RUNNING = sa.text("state = 'running'")


def upgrade() -> None:
    """Add them; of runs of one schedule at a time, which there could be, the newest goes on and the others wait."""
    op.create_table(
        "processes",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("key_ids", sa.Text, nullable=False),
        sa.Column("encrypts_with", sa.String(32), nullable=False),
        sa.Column("seen_at", sa.String(24), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_processes"),
    )
    op.add_column("scheduled_runs", sa.Column("rhythm", sa.String(60)))
    op.execute(
        "UPDATE scheduled_runs SET state = 'waiting' WHERE state = 'running' AND EXISTS ("
        "SELECT 1 FROM scheduled_runs AS newer WHERE newer.schedule = scheduled_runs.schedule"
        " AND newer.state = 'running' AND newer.due_at > scheduled_runs.due_at)"
    )
    op.create_index(
        "ix_scheduled_runs_running",
        "scheduled_runs",
        ["schedule"],
        unique=True,
        sqlite_where=_RUNNING,
        postgresql_where=_RUNNING,
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_index("ix_scheduled_runs_running", "scheduled_runs")
    op.drop_column("scheduled_runs", "rhythm")
    op.drop_table("processes")
