"""Portfolios: applications of one file, each a job of the queue."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_OF_ROWS = ("portfolio_id", "line", "row_key", "account", "outcome", "before")


def upgrade() -> None:
    """Add them."""
    op.create_table(
        "portfolios",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("lender_id", sa.String(64), nullable=False),
        sa.Column("principal_id", sa.String(40)),
        sa.Column("actor", sa.String(64)),
        sa.Column("address", sa.String(64)),
        sa.Column("request_id", sa.String(64)),
        sa.Column("key_prefix", sa.String(16)),
        sa.Column("idempotency_key", sa.String(80)),
        sa.Column("body_sha256", sa.String(64), nullable=False),
        sa.Column("name", sa.String(120)),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("rows", sa.Integer, nullable=False),
        sa.Column("created_at", sa.String(24), nullable=False),
        sa.Column("ended_at", sa.String(24)),
        sa.Column("expires_at", sa.String(24), nullable=False),
        sa.Column("rests_until", sa.String(24)),
        sa.PrimaryKeyConstraint("id", name="pk_portfolios"),
        sa.UniqueConstraint("lender_id", "idempotency_key", name="uq_portfolios_lender_id"),
    )
    op.create_index("ix_portfolios_state", "portfolios", ["state"])
    op.create_table(
        "portfolio_faults",
        sa.Column(
            "portfolio_id",
            sa.String(40),
            sa.ForeignKey("portfolios.id", name="fk_portfolio_faults_portfolio_id"),
            nullable=False,
        ),
        sa.Column("line", sa.Integer, nullable=False),
        sa.Column("borrower_id", sa.String(40), sa.ForeignKey("borrowers.id", name="fk_portfolio_faults_borrower_id")),
        sa.Column("problem", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("portfolio_id", "line", name="pk_portfolio_faults"),
    )
    op.create_index("ix_portfolio_faults_borrower_id", "portfolio_faults", ["borrower_id"])
    op.create_table(
        "account_turns",
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("free_at", sa.String(24), nullable=False),
        sa.PrimaryKeyConstraint("account", name="pk_account_turns"),
    )
    op.create_index("ix_account_turns_free_at", "account_turns", ["free_at"])
    op.add_column("jobs", sa.Column("portfolio_id", sa.String(40)))
    op.add_column("jobs", sa.Column("line", sa.Integer))
    op.add_column("jobs", sa.Column("row_key", sa.String(80)))
    op.add_column("jobs", sa.Column("account", sa.String(64)))
    op.add_column("jobs", sa.Column("outcome", sa.Text))
    op.add_column("jobs", sa.Column("before", sa.Text))
    op.create_index("ix_jobs_portfolio_id", "jobs", ["portfolio_id", "state", "line"])
    op.create_index("ix_jobs_line", "jobs", ["portfolio_id", "line"], unique=True)
    is_kept = sa.text("sealed IS NOT NULL")
    op.create_index("ix_jobs_kept", "jobs", ["expires_at"], sqlite_where=is_kept, postgresql_where=is_kept)


def downgrade() -> None:
    """Drop them."""
    op.drop_index("ix_jobs_kept", "jobs")
    op.drop_index("ix_jobs_line", "jobs")
    op.drop_index("ix_jobs_portfolio_id", "jobs")
    for name in _OF_ROWS:
        op.drop_column("jobs", name)
    for table in ("account_turns", "portfolio_faults", "portfolios"):
        op.drop_table(table)
