"""The audit trail in standard words: `action` is what was done, `audit_outbox` what was not reported yet."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.alter_column("audit", "deed", new_column_name="action")
    op.create_table(
        "audit_outbox",
        sa.Column("audit_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("audit_id", name="pk_audit_outbox"),
        sa.ForeignKeyConstraint(["audit_id"], ["audit.id"], name="fk_audit_outbox_audit_id"),
        comment="audit entries that no log channel has been told of yet",
    )
    op.execute("INSERT INTO audit_outbox (audit_id) SELECT audit_id FROM untold")
    op.drop_table("untold")
