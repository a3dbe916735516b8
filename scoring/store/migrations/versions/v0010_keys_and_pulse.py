"""Proof of each encryption key, indexes by key, and a row that readiness writes."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_SEALED = ("borrowers", "connections", "snapshots")


def upgrade() -> None:
    """Add them."""
    op.create_table(
        "key_canaries",
        sa.Column("key_id", sa.String(32)),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("created_at", sa.String(24), nullable=False),
        sa.PrimaryKeyConstraint("key_id", name="pk_key_canaries"),
    )
    for table in _SEALED:
        op.create_index(f"ix_{table}_key_id", table, ["key_id"])
    pulse = op.create_table(
        "pulse",
        sa.Column("id", sa.Integer),
        sa.Column("count", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_pulse"),
    )
    op.bulk_insert(pulse, [{"id": 1, "count": 0}])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("pulse")
    for table in _SEALED:
        op.drop_index(f"ix_{table}_key_id", table)
    op.drop_table("key_canaries")
