"""Events, and the webhooks that tell them."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them."""
    op.create_table(
        "events",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("lender_id", sa.String(64), nullable=False),
        sa.Column("borrower_id", sa.String(40)),
        sa.Column("type", sa.String(32), nullable=False),
        sa.Column("at", sa.String(24), nullable=False),
        sa.Column("data", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_events"),
    )
    op.create_index("ix_events_lender_id", "events", ["lender_id", "id"])
    op.create_index("ix_events_borrower_id", "events", ["borrower_id"])
    op.create_index("ix_events_at", "events", ["at"])
    op.create_table(
        "webhooks",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("lender_id", sa.String(64), nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("description", sa.String(120), nullable=False),
        sa.Column("types", sa.Text),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("disabled_for", sa.String(12)),
        sa.Column("disabled_at", sa.String(24)),
        sa.Column("failing_since", sa.String(24)),
        sa.Column("created_at", sa.String(24), nullable=False),
        sa.Column("created_by", sa.String(80), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_webhooks"),
    )
    op.create_index("ix_webhooks_lender_id", "webhooks", ["lender_id", "id"])
    op.create_table(
        "webhook_secrets",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column(
            "webhook_id",
            sa.String(40),
            sa.ForeignKey("webhooks.id", name="fk_webhook_secrets_webhook_id"),
            nullable=False,
        ),
        sa.Column("lender_id", sa.String(64), nullable=False),
        sa.Column("key_id", sa.String(64), nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("public_key", sa.String(64), nullable=False),
        sa.Column("created_at", sa.String(24), nullable=False),
        sa.Column("valid_until", sa.String(24)),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_secrets"),
    )
    op.create_index("ix_webhook_secrets_webhook_id", "webhook_secrets", ["webhook_id"])
    op.create_table(
        "webhook_deliveries",
        sa.Column(
            "webhook_id",
            sa.String(40),
            sa.ForeignKey("webhooks.id", name="fk_webhook_deliveries_webhook_id"),
            nullable=False,
        ),
        sa.Column(
            "event_id",
            sa.String(40),
            sa.ForeignKey("events.id", name="fk_webhook_deliveries_event_id"),
            nullable=False,
        ),
        sa.Column("lender_id", sa.String(64), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("attempt", sa.String(40)),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("due_at", sa.String(24), nullable=False),
        sa.Column("created_at", sa.String(24), nullable=False),
        sa.Column("ended_at", sa.String(24)),
        sa.PrimaryKeyConstraint("webhook_id", "event_id", name="pk_webhook_deliveries"),
    )
    op.create_index("ix_webhook_deliveries_state", "webhook_deliveries", ["state", "due_at"])
    op.create_index("ix_webhook_deliveries_event_id", "webhook_deliveries", ["event_id"])
    op.create_table(
        "webhook_tries",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("webhook_id", sa.String(40), nullable=False),
        sa.Column("event_id", sa.String(40), nullable=False),
        sa.Column("lender_id", sa.String(64), nullable=False),
        sa.Column("at", sa.String(24), nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("error", sa.String(16)),
        sa.Column("milliseconds", sa.Integer),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_tries"),
    )
    op.create_index("ix_webhook_tries_event_id", "webhook_tries", ["event_id", "webhook_id"])


def downgrade() -> None:
    """Drop them."""
    for table in ("webhook_tries", "webhook_deliveries", "webhook_secrets", "webhooks", "events"):
        op.drop_table(table)
