"""Videos in progress are counted for every request: an index of only those."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_IN_THE_MAKING = sa.text("state IN ('queued', 'submitting', 'processing')")


def upgrade() -> None:
    op.create_index(
        "ix_jobs_in_the_making",
        "jobs",
        ["guild_id", "requester_id", "state"],
        sqlite_where=_IN_THE_MAKING,
        postgresql_where=_IN_THE_MAKING,
    )
