"""Known devices, second factors with their recovery codes, and sessions that still lack one."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them."""
    op.create_table(
        "known_devices",
        sa.Column("sha256", sa.String(64)),
        sa.Column("principal_id", sa.String(40)),
        sa.Column("is_link", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.String(24), nullable=False),
        sa.Column("expires_at", sa.String(24), nullable=False),
        sa.PrimaryKeyConstraint("sha256", "principal_id", name="pk_known_devices"),
        sa.ForeignKeyConstraint(["principal_id"], ["persons.principal_id"], name="fk_known_devices_principal_id"),
    )
    op.create_index("ix_known_devices_principal_id", "known_devices", ["principal_id"])
    op.create_table(
        "second_factors",
        sa.Column("principal_id", sa.String(40)),
        sa.Column("lender_id", sa.String(64), nullable=False),
        sa.Column("key_id", sa.String(32), nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("last_step", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.String(24), nullable=False),
        sa.PrimaryKeyConstraint("principal_id", name="pk_second_factors"),
        sa.ForeignKeyConstraint(["principal_id"], ["persons.principal_id"], name="fk_second_factors_principal_id"),
    )
    op.create_index("ix_second_factors_key_id", "second_factors", ["key_id"])
    op.create_table(
        "recovery_codes",
        sa.Column("principal_id", sa.String(40)),
        sa.Column("sha256", sa.String(64)),
        sa.PrimaryKeyConstraint("principal_id", "sha256", name="pk_recovery_codes"),
        sa.ForeignKeyConstraint(
            ["principal_id"], ["second_factors.principal_id"], name="fk_recovery_codes_principal_id"
        ),
    )
    op.add_column("page_sessions", sa.Column("lacks", sa.String(8)))
    op.add_column("sign_in_failures", sa.Column("device_sha256", sa.String(64)))


def downgrade() -> None:
    """Drop them."""
    op.drop_column("sign_in_failures", "device_sha256")
    op.drop_column("page_sessions", "lacks")
    op.drop_table("recovery_codes")
    op.drop_index("ix_second_factors_key_id", "second_factors")
    op.drop_table("second_factors")
    op.drop_index("ix_known_devices_principal_id", "known_devices")
    op.drop_table("known_devices")
