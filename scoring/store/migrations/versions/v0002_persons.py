"""Persons who sign in to pages, their sessions, and failures to sign in."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables of persons, sessions and failures."""
    op.create_table(
        "persons",
        sa.Column("principal_id", sa.String(40), nullable=False),
        sa.Column("roles", sa.String(120), nullable=False),
        sa.Column("password_hash", sa.String(200), nullable=False),
        sa.Column("created_at", sa.String(24), nullable=False),
        sa.Column("disabled_at", sa.String(24), nullable=True),
        sa.PrimaryKeyConstraint("principal_id", name="pk_persons"),
        sa.ForeignKeyConstraint(["principal_id"], ["principals.id"], name="fk_persons_principal_id"),
    )
    op.create_table(
        "page_sessions",
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("principal_id", sa.String(40), nullable=False),
        sa.Column("created_at", sa.String(24), nullable=False),
        sa.Column("seen_at", sa.String(24), nullable=False),
        sa.Column("expires_at", sa.String(24), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_page_sessions"),
        sa.ForeignKeyConstraint(["principal_id"], ["persons.principal_id"], name="fk_page_sessions_principal_id"),
    )
    op.create_index("ix_page_sessions_principal_id", "page_sessions", ["principal_id"])
    op.create_table(
        "sign_in_failures",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("name_sha256", sa.String(64), nullable=False),
        sa.Column("address_sha256", sa.String(64), nullable=False),
        sa.Column("failed_at", sa.String(24), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sign_in_failures"),
    )
    for column in ("name_sha256", "address_sha256", "failed_at"):
        op.create_index(f"ix_sign_in_failures_{column}", "sign_in_failures", [column])


def downgrade() -> None:
    """Drop the tables of persons, sessions and failures, data included."""
    for table in ("sign_in_failures", "page_sessions", "persons"):
        op.drop_table(table)
