"""Notices to applicants, as they were issued."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them."""
    op.create_table(
        "notices",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("lender_id", sa.String(64), nullable=False),
        sa.Column(
            "borrower_id", sa.String(40), sa.ForeignKey("borrowers.id", name="fk_notices_borrower_id"), nullable=False
        ),
        sa.Column(
            "decision_id", sa.String(40), sa.ForeignKey("decisions.id", name="fk_notices_decision_id"), nullable=False
        ),
        sa.Column("format", sa.String(8), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("texts", sa.String(16), nullable=False),
        sa.Column("basis", sa.String(64), nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("salt", sa.LargeBinary, nullable=False),
        sa.Column("issued_at", sa.String(24), nullable=False),
        sa.Column("issued_by", sa.String(80), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_notices"),
    )
    op.create_index("ix_notices_decision_id", "notices", ["decision_id"])
    op.create_index("ix_notices_borrower_id", "notices", ["borrower_id"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("notices")
