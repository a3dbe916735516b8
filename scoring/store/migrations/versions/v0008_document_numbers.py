"""What firms call the documents that decisions point to."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them beside the record, which has none: they can name people and go when the borrower is erased."""
    op.create_table(
        "document_numbers",
        sa.Column("decision_id", sa.String(40), nullable=False),
        sa.Column("lender_id", sa.String(64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["decision_id"], ["decisions.id"], name="fk_document_numbers_decision_id"),
        sa.PrimaryKeyConstraint("decision_id", name="pk_document_numbers"),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("document_numbers")
