"""Lenders' rules for bank lines, and corrections of single lines."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the rules that were in force, and what persons said of single lines."""
    op.create_table(
        "bank_rules",
        sa.Column("sha256", sa.String(64)),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("first_seen_at", sa.String(24), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_bank_rules"),
        sa.UniqueConstraint("version", name="uq_bank_rules_version"),
    )
    op.create_table(
        "line_corrections",
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("lender_id", sa.String(64), nullable=False),
        sa.Column("borrower_id", sa.String(40), nullable=False),
        sa.Column("source", sa.String(32), nullable=False),
        sa.Column("line_id", sa.String(64), nullable=False),
        sa.Column("category", sa.String(32), nullable=False),
        sa.Column("principal_id", sa.String(40), nullable=False),
        sa.Column("created_at", sa.String(24), nullable=False),
        sa.ForeignKeyConstraint(["borrower_id"], ["borrowers.id"], name="fk_line_corrections_borrower_id"),
        sa.ForeignKeyConstraint(["principal_id"], ["principals.id"], name="fk_line_corrections_principal_id"),
        sa.PrimaryKeyConstraint("number", name="pk_line_corrections"),
    )
    op.create_index("ix_line_corrections_borrower_id", "line_corrections", ["borrower_id"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("line_corrections")
    op.drop_table("bank_rules")
