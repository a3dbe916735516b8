"""An audit trail, requests of data subjects, and what holds their data back from erasure. All of it is added."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them."""
    op.create_table(
        "audit",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("lender_id", sa.String(64)),
        sa.Column("at", sa.String(24), nullable=False),
        sa.Column("principal_id", sa.String(40)),
        sa.Column("actor", sa.String(64)),
        sa.Column("action", sa.String(32), nullable=False),
        sa.Column("object", sa.String(80)),
        sa.Column("borrower_id", sa.String(40)),
        sa.Column("address", sa.String(64)),
        sa.Column("request_id", sa.String(64)),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
    op.create_index("ix_audit_lender_id", "audit", ["lender_id", "id"])
    op.create_index("ix_audit_borrower_id", "audit", ["borrower_id"])
    op.create_table(
        "subject_requests",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("lender_id", sa.String(64), nullable=False),
        sa.Column("borrower_id", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("received_on", sa.Date, nullable=False),
        sa.Column("due_on", sa.Date, nullable=False),
        sa.Column("extended_for", sa.String(16)),
        sa.Column("identity_check", sa.String(24)),
        sa.Column("identity_checked_by", sa.String(80)),
        sa.Column("refused_for", sa.String(24)),
        sa.Column("recorded_at", sa.String(24), nullable=False),
        sa.Column("recorded_by", sa.String(80), nullable=False),
        sa.Column("ended_at", sa.String(24)),
        sa.Column("outcome", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_subject_requests"),
        sa.ForeignKeyConstraint(["borrower_id"], ["borrowers.id"], name="fk_subject_requests_borrower_id"),
    )
    op.create_index("ix_subject_requests_lender_id", "subject_requests", ["lender_id", "id"])
    op.create_index("ix_subject_requests_borrower_id", "subject_requests", ["borrower_id"])
    op.create_table(
        "holds",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("lender_id", sa.String(64), nullable=False),
        sa.Column("borrower_id", sa.String(40), nullable=False),
        sa.Column("reason", sa.String(16), nullable=False),
        sa.Column("until", sa.Date),
        sa.Column("set_at", sa.String(24), nullable=False),
        sa.Column("set_by", sa.String(80), nullable=False),
        sa.Column("released_at", sa.String(24)),
        sa.Column("released_by", sa.String(80)),
        sa.PrimaryKeyConstraint("id", name="pk_holds"),
        sa.ForeignKeyConstraint(["borrower_id"], ["borrowers.id"], name="fk_holds_borrower_id"),
    )
    op.create_index("ix_holds_borrower_id", "holds", ["borrower_id"])
    op.add_column("borrowers", sa.Column("restricted_at", sa.String(24)))
    op.add_column("borrowers", sa.Column("erased_at", sa.String(24)))
    op.add_column("decisions", sa.Column("erased_at", sa.String(24)))
    op.add_column("consents", sa.Column("withdrawn_at", sa.String(24)))


def downgrade() -> None:
    """Drop them."""
    op.drop_column("consents", "withdrawn_at")
    op.drop_column("decisions", "erased_at")
    op.drop_column("borrowers", "erased_at")
    op.drop_column("borrowers", "restricted_at")
    for table in ("holds", "subject_requests", "audit"):
        op.drop_table(table)
