"""Loans with what the lender entered about them, and documents that the lender wrote into the books of borrowers."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_INSTANT = sa.String(24)


def upgrade() -> None:
    """Add them."""
    op.create_table(
        "loans",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("lender_id", sa.String(64), nullable=False),
        sa.Column(
            "borrower_id", sa.String(40), sa.ForeignKey("borrowers.id", name="fk_loans_borrower_id"), nullable=False
        ),
        sa.Column(
            "decision_id", sa.String(40), sa.ForeignKey("decisions.id", name="fk_loans_decision_id"), nullable=False
        ),
        sa.Column("loan_ref", sa.String(120), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("closed_on", sa.Date),
        sa.UniqueConstraint("lender_id", "loan_ref", name="uq_loans_lender_id"),
        sa.UniqueConstraint("decision_id", name="uq_loans_decision_id"),
        sa.PrimaryKeyConstraint("id", name="pk_loans"),
    )
    op.create_index("ix_loans_lender_id", "loans", ["lender_id", "id"])
    op.create_index("ix_loans_borrower_id", "loans", ["borrower_id"])
    op.create_table(
        "loan_entries",
        sa.Column("loan_id", sa.String(40), sa.ForeignKey("loans.id", name="fk_loan_entries_loan_id"), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("lender_id", sa.String(64), nullable=False),
        sa.Column(
            "borrower_id",
            sa.String(40),
            sa.ForeignKey("borrowers.id", name="fk_loan_entries_borrower_id"),
            nullable=False,
        ),
        sa.Column("entry_ref", sa.String(120), nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("salt", sa.LargeBinary, nullable=False),
        sa.Column("sealed", sa.LargeBinary),
        sa.Column("recorded_at", _INSTANT, nullable=False),
        sa.Column("recorded_by", sa.String(80), nullable=False),
        sa.UniqueConstraint("loan_id", "entry_ref", name="uq_loan_entries_loan_id"),
        sa.PrimaryKeyConstraint("loan_id", "number", name="pk_loan_entries"),
    )
    op.create_index("ix_loan_entries_borrower_id", "loan_entries", ["borrower_id"])
    op.create_table(
        "written_documents",
        sa.Column("lender_id", sa.String(64), nullable=False),
        sa.Column("source", sa.String(32), nullable=False),
        sa.Column("document_id", sa.String(64), nullable=False),
        sa.Column(
            "borrower_id",
            sa.String(40),
            sa.ForeignKey("borrowers.id", name="fk_written_documents_borrower_id"),
            nullable=False,
        ),
        sa.Column(
            "decision_id",
            sa.String(40),
            sa.ForeignKey("decisions.id", name="fk_written_documents_decision_id"),
            nullable=False,
        ),
        sa.Column("amount_cents", sa.BigInteger, nullable=False),
        sa.Column("written_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("lender_id", "source", "document_id", "borrower_id", name="pk_written_documents"),
    )
    op.create_index("ix_written_documents_borrower_id", "written_documents", ["borrower_id"])
    op.create_index("ix_written_documents_decision_id", "written_documents", ["decision_id"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("written_documents")
    op.drop_table("loan_entries")
    op.drop_table("loans")
