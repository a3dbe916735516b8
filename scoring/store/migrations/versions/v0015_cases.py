"""Cases, their steps, and files of authority."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them."""
    op.create_table(
        "authority_files",
        sa.Column("sha256", sa.String(64)),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("first_seen_at", sa.String(24), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_authority_files"),
        sa.UniqueConstraint("version", name="uq_authority_files_version"),
    )
    op.create_table(
        "cases",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("lender_id", sa.String(64), nullable=False),
        sa.Column("borrower_id", sa.String(40), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("decision_id", sa.String(40), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("expires_on", sa.Date),
        sa.Column("product", sa.String(64), nullable=False),
        sa.Column("amount_cents", sa.BigInteger, nullable=False),
        sa.Column("verdict", sa.String(8)),
        sa.Column("approved_cents", sa.BigInteger),
        sa.Column("by_person", sa.Boolean),
        sa.Column("claimed_by", sa.String(40)),
        sa.Column("assigned_to", sa.String(40)),
        sa.Column("opened_at", sa.String(24), nullable=False),
        sa.Column("changed_at", sa.String(24), nullable=False),
        sa.Column("due_at", sa.String(24), nullable=False),
        sa.Column("salt", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_cases"),
        sa.ForeignKeyConstraint(["borrower_id"], ["borrowers.id"], name="fk_cases_borrower_id"),
        sa.ForeignKeyConstraint(["decision_id"], ["decisions.id"], name="fk_cases_decision_id"),
    )
    op.create_index("ix_cases_lender_id", "cases", ["lender_id", "id"])
    op.create_index("ix_cases_borrower_id", "cases", ["borrower_id"])
    op.create_index("ix_cases_due_at", "cases", ["lender_id", "state", "due_at"])
    op.create_table(
        "case_steps",
        sa.Column("case_id", sa.String(40), nullable=False),
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("lender_id", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("at", sa.String(24), nullable=False),
        sa.Column("principal_id", sa.String(40)),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Column("text", sa.LargeBinary),
        sa.Column("text_sha256", sa.String(64)),
        sa.Column("decision_id", sa.String(40)),
        sa.PrimaryKeyConstraint("case_id", "number", name="pk_case_steps"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_case_steps_case_id"),
        sa.ForeignKeyConstraint(["decision_id"], ["decisions.id"], name="fk_case_steps_decision_id"),
        sa.UniqueConstraint("decision_id", name="uq_case_steps_decision_id"),
    )


def downgrade() -> None:
    """Drop them."""
    for table in ("case_steps", "cases", "authority_files"):
        op.drop_table(table)
