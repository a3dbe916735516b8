"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create all tables."""
    op.create_table(
        "principals",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("lender_id", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("created_at", sa.String(24), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_principals"),
        sa.UniqueConstraint("lender_id", "name", name="uq_principals_lender_id"),
    )
    op.create_table(
        "api_keys",
        sa.Column("prefix", sa.String(16), nullable=False),
        sa.Column("principal_id", sa.String(40), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("roles", sa.String(120), nullable=False),
        sa.Column("created_at", sa.String(24), nullable=False),
        sa.Column("revoked_at", sa.String(24), nullable=True),
        sa.PrimaryKeyConstraint("prefix", name="pk_api_keys"),
        sa.ForeignKeyConstraint(["principal_id"], ["principals.id"], name="fk_api_keys_principal_id"),
    )
    op.create_table(
        "borrowers",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("lender_id", sa.String(64), nullable=False),
        sa.Column("borrower_ref", sa.String(120), nullable=True),
        sa.Column("key_id", sa.String(32), nullable=True),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.String(24), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_borrowers"),
        sa.UniqueConstraint("lender_id", "borrower_ref", name="uq_borrowers_lender_id"),
    )
    op.create_table(
        "connections",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("lender_id", sa.String(64), nullable=False),
        sa.Column("borrower_id", sa.String(40), nullable=False),
        sa.Column("key_id", sa.String(32), nullable=False),
        sa.Column("sealed_token", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("created_at", sa.String(24), nullable=False),
        sa.Column("checked_at", sa.String(24), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_connections"),
        sa.ForeignKeyConstraint(["borrower_id"], ["borrowers.id"], name="fk_connections_borrower_id"),
    )
    op.create_index("ix_connections_lender_id", "connections", ["lender_id", "id"])
    op.create_table(
        "decisions",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("lender_id", sa.String(64), nullable=False),
        sa.Column("borrower_id", sa.String(40), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("created_at", sa.String(24), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("verdict", sa.String(8), nullable=False),
        sa.Column("recommendation", sa.String(8), nullable=False),
        sa.Column("score", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_decisions"),
        sa.ForeignKeyConstraint(["borrower_id"], ["borrowers.id"], name="fk_decisions_borrower_id"),
    )
    op.create_index("ix_decisions_lender_id", "decisions", ["lender_id", "id"])
    op.create_index("ix_decisions_borrower_id", "decisions", ["borrower_id"])
    op.create_table(
        "snapshots",
        sa.Column("decision_id", sa.String(40), nullable=False),
        sa.Column("lender_id", sa.String(64), nullable=False),
        sa.Column("key_id", sa.String(32), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("expires_at", sa.String(24), nullable=False),
        sa.PrimaryKeyConstraint("decision_id", name="pk_snapshots"),
        sa.ForeignKeyConstraint(["decision_id"], ["decisions.id"], name="fk_snapshots_decision_id"),
    )
    op.create_index("ix_snapshots_expires_at", "snapshots", ["expires_at"])
    op.create_table(
        "idempotency",
        sa.Column("lender_id", sa.String(64), nullable=False),
        sa.Column("idempotency_key", sa.String(80), nullable=False),
        sa.Column("body_sha256", sa.String(64), nullable=False),
        sa.Column("attempt", sa.String(40), nullable=False),
        sa.Column("reserved_at", sa.String(24), nullable=False),
        sa.Column("decision_id", sa.String(40), nullable=True),
        sa.PrimaryKeyConstraint("lender_id", "idempotency_key", name="pk_idempotency"),
        sa.ForeignKeyConstraint(["decision_id"], ["decisions.id"], name="fk_idempotency_decision_id"),
    )


def downgrade() -> None:
    """Drop all tables, data included."""
    for table in (
        "idempotency",
        "snapshots",
        "decisions",
        "connections",
        "borrowers",
        "api_keys",
        "principals",
    ):
        op.drop_table(table)
