"""What the text of a consent names among what is read."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add it: null of consents that are there already, whose texts are older than what they would have to name."""
    op.add_column("consents", sa.Column("reads", sa.String(240)))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("consents", "reads")
