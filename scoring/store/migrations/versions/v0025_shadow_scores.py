"""What a model that decides nothing makes of decisions."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add it."""
    op.create_table(
        "shadow_scores",
        sa.Column("decision_id", sa.String(40), sa.ForeignKey("decisions.id", name="fk_shadow_scores_decision_id")),
        sa.Column("model", sa.String(80), nullable=False),
        sa.Column("lender_id", sa.String(64), nullable=False),
        sa.Column("model_sha256", sa.String(64), nullable=False),
        sa.Column("pair", sa.Text),
        sa.Column("left_out", sa.Text),
        sa.Column("scored_at", sa.String(24), nullable=False),
        sa.Column("expires_at", sa.String(24), nullable=False),
        sa.PrimaryKeyConstraint("decision_id", "model", name="pk_shadow_scores"),
    )
    op.create_index("ix_shadow_scores_expires_at", "shadow_scores", ["expires_at"])


def downgrade() -> None:
    """Drop it."""
    op.drop_table("shadow_scores")
