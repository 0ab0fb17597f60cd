"""The names of servers and channels, stored beside their ids for the operator."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "guild_names",
        sa.Column("guild_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("channels", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["guild_id"], ["guilds.guild_id"], name=op.f("fk_guild_names_guild_id")),
        sa.PrimaryKeyConstraint("guild_id", name=op.f("pk_guild_names")),
        comment="as Discord told them last; channels is a JSON object from id to name; forgotten with the guild",
    )
