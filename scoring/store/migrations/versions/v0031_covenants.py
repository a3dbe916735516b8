"""Covenants of loans, their tests and waivers."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them."""
    op.create_table(
        "covenants",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("lender_id", sa.String(64), nullable=False),
        sa.Column(
            "borrower_id",
            sa.String(40),
            sa.ForeignKey("borrowers.id", name="fk_covenants_borrower_id"),
            nullable=False,
        ),
        sa.Column("loan_id", sa.String(40), sa.ForeignKey("loans.id", name="fk_covenants_loan_id"), nullable=False),
        sa.Column("feature", sa.String(80), nullable=False),
        sa.Column("bound", sa.String(8), nullable=False),
        sa.Column("threshold", sa.Float, nullable=False),
        sa.Column("rhythm_days", sa.Integer, nullable=False),
        sa.Column("cure_days", sa.Integer, nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("due_on", sa.Date, nullable=False),
        sa.Column("cure_until", sa.Date),
        sa.Column("waived_until", sa.Date),
        sa.Column("tested_on", sa.Date),
        sa.Column("created_at", sa.String(24), nullable=False),
        sa.Column("created_by", sa.String(80), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_covenants"),
    )
    op.create_index("ix_covenants_lender_id", "covenants", ["lender_id", "id"])
    op.create_index("ix_covenants_borrower_id", "covenants", ["borrower_id"])
    op.create_index("ix_covenants_loan_id", "covenants", ["loan_id"])
    op.create_table(
        "covenant_steps",
        sa.Column(
            "covenant_id",
            sa.String(40),
            sa.ForeignKey("covenants.id", name="fk_covenant_steps_covenant_id"),
            nullable=False,
        ),
        sa.Column("number", sa.Integer, nullable=False, autoincrement=False),
        sa.Column(
            "borrower_id",
            sa.String(40),
            sa.ForeignKey("borrowers.id", name="fk_covenant_steps_borrower_id"),
            nullable=False,
        ),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("at", sa.String(24), nullable=False),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("observation_id", sa.String(40)),
        sa.Column("until", sa.Date),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("covenant_id", "number", name="pk_covenant_steps"),
    )
    op.create_index("ix_covenant_steps_borrower_id", "covenant_steps", ["borrower_id"])


def downgrade() -> None:
    """Drop them."""
    for table in ("covenant_steps", "covenants"):
        op.drop_table(table)
