"""Which decision is being written for."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the runs that write into borrowers' books."""
    op.create_table(
        "write_backs",
        sa.Column("decision_id", sa.String(40), sa.ForeignKey("decisions.id", name="fk_write_backs_decision_id")),
        sa.Column("lender_id", sa.String(64), nullable=False),
        sa.Column("attempt", sa.String(40), nullable=False),
        sa.Column("begun_at", sa.String(24), nullable=False),
        sa.PrimaryKeyConstraint("decision_id", name="pk_write_backs"),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("write_backs")
