"""One-time links with which a firm connects its account itself, and the consent that it gives there."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both tables."""
    op.create_table(
        "connect_sessions",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("lender_id", sa.String(64), nullable=False),
        sa.Column("borrower_id", sa.String(40), nullable=False),
        sa.Column("secret_sha256", sa.String(64), nullable=False),
        sa.Column("return_url", sa.String(2048), nullable=False),
        sa.Column("lender_name", sa.String(120), nullable=False),
        sa.Column("privacy_url", sa.String(2048), nullable=False),
        sa.Column("privacy_email", sa.String(254), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("purposes", sa.String(120), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.String(24), nullable=False),
        sa.Column("expires_at", sa.String(24), nullable=False),
        sa.Column("ended_at", sa.String(24), nullable=True),
        sa.Column("connection_id", sa.String(40), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_connect_sessions"),
        sa.ForeignKeyConstraint(["borrower_id"], ["borrowers.id"], name="fk_connect_sessions_borrower_id"),
        sa.UniqueConstraint("secret_sha256", name="uq_connect_sessions_secret_sha256"),
        sa.UniqueConstraint("connection_id", name="uq_connect_sessions_connection_id"),
    )
    op.create_table(
        "consents",
        sa.Column("connect_session_id", sa.String(40), nullable=False),
        sa.Column("lender_id", sa.String(64), nullable=False),
        sa.Column("borrower_id", sa.String(40), nullable=False),
        sa.Column("connection_id", sa.String(40), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("purposes", sa.String(120), nullable=False),
        sa.Column("text_version", sa.String(16), nullable=False),
        sa.Column("text_sha256", sa.String(64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("given_at", sa.String(24), nullable=False),
        sa.PrimaryKeyConstraint("connect_session_id", name="pk_consents"),
        sa.ForeignKeyConstraint(["connect_session_id"], ["connect_sessions.id"], name="fk_consents_connect_session_id"),
        sa.ForeignKeyConstraint(["borrower_id"], ["borrowers.id"], name="fk_consents_borrower_id"),
    )


def downgrade() -> None:
    """Drop both tables, data included."""
    op.drop_table("consents")
    op.drop_table("connect_sessions")
