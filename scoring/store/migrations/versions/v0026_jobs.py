"""Applications that are decided on later."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them."""
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("lender_id", sa.String(64), nullable=False),
        sa.Column(
            "borrower_id", sa.String(40), sa.ForeignKey("borrowers.id", name="fk_jobs_borrower_id"), nullable=False
        ),
        sa.Column("principal_id", sa.String(40)),
        sa.Column("address", sa.String(64)),
        sa.Column("request_id", sa.String(64)),
        sa.Column("quota_prefix", sa.String(16)),
        sa.Column("idempotency_key", sa.String(80)),
        sa.Column("body_sha256", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempt", sa.String(40)),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("due_at", sa.String(24), nullable=False),
        sa.Column("created_at", sa.String(24), nullable=False),
        sa.Column("started_at", sa.String(24)),
        sa.Column("ended_at", sa.String(24)),
        sa.Column("expires_at", sa.String(24), nullable=False),
        sa.Column("has_credential", sa.Boolean, nullable=False),
        sa.Column("key_id", sa.String(64)),
        sa.Column("sealed", sa.LargeBinary),
        sa.Column("decision_id", sa.String(40)),
        sa.Column("problem", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
        sa.UniqueConstraint("lender_id", "idempotency_key", name="uq_jobs_lender_id"),
    )
    op.create_index("ix_jobs_state", "jobs", ["state", "due_at"])
    op.create_index("ix_jobs_borrower_id", "jobs", ["borrower_id"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("jobs")
