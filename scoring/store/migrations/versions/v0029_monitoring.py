"""Monitoring: subscriptions to borrowers, and what was observed."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them."""
    op.create_table(
        "monitoring_subscriptions",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("lender_id", sa.String(64), nullable=False),
        sa.Column(
            "borrower_id",
            sa.String(40),
            sa.ForeignKey("borrowers.id", name="fk_monitoring_subscriptions_borrower_id"),
            nullable=False,
        ),
        sa.Column("connection_id", sa.String(40), nullable=False),
        sa.Column(
            "decision_id",
            sa.String(40),
            sa.ForeignKey("decisions.id", name="fk_monitoring_subscriptions_decision_id"),
            nullable=False,
        ),
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("cause", sa.String(40)),
        sa.Column("attempt", sa.String(40)),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("due_at", sa.String(24), nullable=False),
        sa.Column("observed_at", sa.String(24)),
        sa.Column("created_at", sa.String(24), nullable=False),
        sa.Column("created_by", sa.String(80), nullable=False),
        sa.Column("ended_at", sa.String(24)),
        sa.PrimaryKeyConstraint("id", name="pk_monitoring_subscriptions"),
    )
    for name, columns in {
        "state": ["state", "due_at"],
        "lender_id": ["lender_id", "id"],
        "borrower_id": ["borrower_id"],
        "connection_id": ["connection_id"],
    }.items():
        op.create_index(f"ix_monitoring_subscriptions_{name}", "monitoring_subscriptions", columns)
    op.create_table(
        "observations",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("lender_id", sa.String(64), nullable=False),
        sa.Column(
            "borrower_id",
            sa.String(40),
            sa.ForeignKey("borrowers.id", name="fk_observations_borrower_id"),
            nullable=False,
        ),
        sa.Column(
            "subscription_id",
            sa.String(40),
            sa.ForeignKey("monitoring_subscriptions.id", name="fk_observations_subscription_id"),
            nullable=False,
        ),
        sa.Column(
            "decision_id",
            sa.String(40),
            sa.ForeignKey("decisions.id", name="fk_observations_decision_id"),
            nullable=False,
        ),
        sa.Column("previous_id", sa.String(40)),
        sa.Column("created_at", sa.String(24), nullable=False),
        sa.Column("as_of", sa.Date, nullable=False),
        sa.Column("recommendation", sa.String(8), nullable=False),
        sa.Column("score", sa.Float),
        sa.Column("grade", sa.String(64)),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("particulars", sa.LargeBinary, nullable=False),
        sa.Column("books", sa.LargeBinary),
        sa.Column("books_expire_at", sa.String(24), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_observations"),
    )
    for name, columns in {
        "lender_id": ["lender_id", "id"],
        "borrower_id": ["borrower_id"],
        "subscription_id": ["subscription_id", "id"],
    }.items():
        op.create_index(f"ix_observations_{name}", "observations", columns)
    kept = sa.text("books IS NOT NULL")
    op.create_index(
        "ix_observations_books", "observations", ["books_expire_at"], sqlite_where=kept, postgresql_where=kept
    )


def downgrade() -> None:
    """Drop them."""
    for table in ("observations", "monitoring_subscriptions"):
        op.drop_table(table)
