"""Guarantors: data subjects of their own, each named in one case."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_INSTANT = sa.String(24)


def upgrade() -> None:
    """Add them."""
    op.create_table(
        "guarantors",
        sa.Column("id", sa.String(40), sa.ForeignKey("borrowers.id", name="fk_guarantors_id"), nullable=False),
        sa.Column("lender_id", sa.String(64), nullable=False),
        sa.Column("case_id", sa.String(40), nullable=False),
        sa.Column("named_at", _INSTANT, nullable=False),
        sa.Column("released_at", _INSTANT),
        sa.Column("sealed", sa.LargeBinary),
        sa.PrimaryKeyConstraint("id", name="pk_guarantors"),
    )
    op.create_index("ix_guarantors_lender_id", "guarantors", ["lender_id", "case_id"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("guarantors")
