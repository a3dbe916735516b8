"""Chains of signed statements, and the salt of a decision's digests."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them."""
    op.create_table(
        "chains",
        sa.Column("lender_id", sa.String(64)),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("head", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("lender_id", name="pk_chains"),
    )
    op.create_table(
        "statements",
        sa.Column("lender_id", sa.String(64)),
        sa.Column("number", sa.BigInteger, autoincrement=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("object_id", sa.String(80), nullable=False),
        sa.Column("signed", sa.Text, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("lender_id", "number", name="pk_statements"),
    )
    op.create_index("ix_statements_object_id", "statements", ["lender_id", "object_id"])
    op.add_column("decisions", sa.Column("salt", sa.LargeBinary))
    is_unsigned = sa.text("salt IS NULL")
    op.create_index(
        "ix_decisions_unsigned", "decisions", ["id"], sqlite_where=is_unsigned, postgresql_where=is_unsigned
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_index("ix_decisions_unsigned", "decisions")
    op.drop_column("decisions", "salt")
    op.drop_index("ix_statements_object_id", "statements")
    op.drop_table("statements")
    op.drop_table("chains")
