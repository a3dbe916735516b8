"""Whose account a connection opens, as the firm confirmed it on the page of its link."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add it: of connections that are there already, nobody confirmed one."""
    op.add_column("connections", sa.Column("sealed_holder", sa.LargeBinary))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("connections", "sealed_holder")
