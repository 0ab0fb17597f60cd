"""One job per part of an interaction, and a note of every interaction whose effect must not happen twice.

Discord may deliver an interaction twice. Jobs that exist twice already keep their rows: they become its next parts.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_DOUBLE = """
SELECT id, interaction_id FROM jobs
WHERE interaction_id IN (SELECT interaction_id FROM jobs GROUP BY interaction_id HAVING count(*) > 1)
ORDER BY interaction_id, created_at, id
"""


def upgrade() -> None:
    op.add_column("jobs", sa.Column("part", sa.Integer(), server_default=sa.text("0"), nullable=False))
    _number_double_jobs()
    op.create_index("ix_jobs_interaction_part", "jobs", ["interaction_id", "part"], unique=True)
    op.create_table(
        "done_interactions",
        sa.Column("interaction_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("interaction_id", name="pk_done_interactions"),
        comment="interactions that changed a server's credits; each does so once, however often Discord delivers it",
    )


def _number_double_jobs() -> None:
    """The oldest stays part 0."""
    connection = op.get_bind()
    seen: dict[int, int] = {}
    for job_id, interaction_id in connection.execute(sa.text(_DOUBLE)).all():
        seen[interaction_id] = part = seen.get(interaction_id, -1) + 1
        connection.execute(sa.text("UPDATE jobs SET part = :part WHERE id = :id"), {"part": part, "id": job_id})
