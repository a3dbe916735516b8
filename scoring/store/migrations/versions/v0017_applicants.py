"""Links for applicants, and documents of cases."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them."""
    op.create_table(
        "applicant_links",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("lender_id", sa.String(64), nullable=False),
        sa.Column("case_id", sa.String(40), nullable=False),
        sa.Column("borrower_id", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("secret_sha256", sa.String(64), nullable=False),
        sa.Column("lender_name", sa.String(120), nullable=False),
        sa.Column("privacy_url", sa.String(2048), nullable=False),
        sa.Column("privacy_email", sa.String(254), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("items", sa.LargeBinary),
        sa.Column("decides_again", sa.Boolean, nullable=False),
        sa.Column("asked_by", sa.String(40)),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("sent_sha256", sa.String(64)),
        sa.Column("created_at", sa.String(24), nullable=False),
        sa.Column("expires_at", sa.String(24), nullable=False),
        sa.Column("ended_at", sa.String(24)),
        sa.Column("connect_session_id", sa.String(40)),
        sa.PrimaryKeyConstraint("id", name="pk_applicant_links"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_applicant_links_case_id"),
        sa.ForeignKeyConstraint(["borrower_id"], ["borrowers.id"], name="fk_applicant_links_borrower_id"),
        sa.UniqueConstraint("secret_sha256", name="uq_applicant_links_secret_sha256"),
    )
    op.create_index("ix_applicant_links_case_id", "applicant_links", ["case_id"])
    op.create_index("ix_applicant_links_borrower_id", "applicant_links", ["borrower_id"])
    op.create_table(
        "case_documents",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("lender_id", sa.String(64), nullable=False),
        sa.Column("case_id", sa.String(40), nullable=False),
        sa.Column("borrower_id", sa.String(40), nullable=False),
        sa.Column("step", sa.Integer, nullable=False),
        sa.Column("name", sa.LargeBinary, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_case_documents"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_case_documents_case_id"),
        sa.ForeignKeyConstraint(["borrower_id"], ["borrowers.id"], name="fk_case_documents_borrower_id"),
    )
    op.create_index("ix_case_documents_case_id", "case_documents", ["case_id"])
    op.create_index("ix_case_documents_borrower_id", "case_documents", ["borrower_id"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("case_documents")
    op.drop_table("applicant_links")
