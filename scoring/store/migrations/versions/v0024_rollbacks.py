"""Who took back what was approved, when and why."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_COLUMNS = (
    ("undone_at", sa.String(24)),
    ("undone_by", sa.String(40)),
    ("undoer", sa.String(120)),
    ("undo_reason", sa.Text),
)


def upgrade() -> None:
    """Add the columns: null where nobody did."""
    for name, kind in _COLUMNS:
        op.add_column("promotions", sa.Column(name, kind))


def downgrade() -> None:
    """Drop them."""
    for name, _ in _COLUMNS:
        op.drop_column("promotions", name)
