"""Until when a queued job waits because PowerPost has trouble."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("jobs", sa.Column("trouble_until", sa.DateTime(timezone=True)))
