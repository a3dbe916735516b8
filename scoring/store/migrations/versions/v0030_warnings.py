"""Early warnings, and what persons did about them."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them."""
    op.create_table(
        "warnings",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("lender_id", sa.String(64), nullable=False),
        sa.Column(
            "borrower_id",
            sa.String(40),
            sa.ForeignKey("borrowers.id", name="fk_warnings_borrower_id"),
            nullable=False,
        ),
        sa.Column(
            "decision_id",
            sa.String(40),
            sa.ForeignKey("decisions.id", name="fk_warnings_decision_id"),
            nullable=False,
        ),
        sa.Column("subscription_id", sa.String(40), nullable=False),
        sa.Column("observation_id", sa.String(40), nullable=False),
        sa.Column("trigger", sa.String(40), nullable=False),
        sa.Column("severity", sa.String(8), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("standing_for", sa.String(100)),
        sa.Column("owner", sa.String(40)),
        sa.Column("due_on", sa.Date, nullable=False),
        sa.Column("snoozed_until", sa.Date),
        sa.Column("raised_at", sa.String(24), nullable=False),
        sa.Column("answered_at", sa.String(24)),
        sa.Column("cleared_at", sa.String(24)),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_warnings"),
        sa.UniqueConstraint("standing_for", name="uq_warnings_standing_for"),
    )
    op.create_index("ix_warnings_lender_id", "warnings", ["lender_id", "id"])
    op.create_index("ix_warnings_borrower_id", "warnings", ["borrower_id"])
    op.create_table(
        "warning_steps",
        sa.Column(
            "warning_id",
            sa.String(40),
            sa.ForeignKey("warnings.id", name="fk_warning_steps_warning_id"),
            nullable=False,
        ),
        sa.Column("number", sa.Integer, nullable=False, autoincrement=False),
        sa.Column(
            "borrower_id",
            sa.String(40),
            sa.ForeignKey("borrowers.id", name="fk_warning_steps_borrower_id"),
            nullable=False,
        ),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("at", sa.String(24), nullable=False),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("owner", sa.String(40)),
        sa.Column("until", sa.Date),
        sa.Column("answer", sa.String(16)),
        sa.Column("sealed", sa.LargeBinary),
        sa.PrimaryKeyConstraint("warning_id", "number", name="pk_warning_steps"),
    )
    op.create_index("ix_warning_steps_borrower_id", "warning_steps", ["borrower_id"])


def downgrade() -> None:
    """Drop them."""
    for table in ("warning_steps", "warnings"):
        op.drop_table(table)
