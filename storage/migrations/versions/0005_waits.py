"""How long waits have been watched: they end by what was seen, not by how old a row is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "waits",
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("seconds", sa.BigInteger(), nullable=False),
        sa.Column("times", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("reason", "subject", name="pk_waits"),
        comment="how long, and how often, something was seen to stay the same; subject is an id",
    )
