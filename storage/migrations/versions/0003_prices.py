"""Prices per payer: a table written with each charge, filled from the existing jobs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_Time = sa.DateTime(timezone=True)
FROM_JOBS = """
INSERT INTO prices (payer, model, duration, audio, credits, is_set, odd_in_a_row, at)
SELECT payer, model, duration, audio, credits_used, is_set, 0, submitted_at FROM (
    SELECT COALESCE(link_id, 0) AS payer, model, duration, audio, credits_used, submitted_at,
        1 = 0 AS is_set,
        ROW_NUMBER() OVER (
            PARTITION BY COALESCE(link_id, 0), model, duration, audio ORDER BY submitted_at DESC, id
        ) AS age
    FROM jobs
    WHERE submitted_at IS NOT NULL AND credits_used > 0
        AND credits_used <= credits_held * 4 AND credits_used * 4 >= credits_held
) AS charges WHERE age = 1
"""
"""The last ordinary charge of each payer; a charge that was odd compared with its estimate teaches nothing."""


def upgrade() -> None:
    op.create_table(
        "prices",
        sa.Column("payer", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("model", sa.String(64), nullable=False),
        sa.Column("duration", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("audio", sa.Boolean(), nullable=False),
        sa.Column("credits", sa.BigInteger()),
        sa.Column("is_set", sa.Boolean(), nullable=False),
        sa.Column("odd", sa.BigInteger()),
        sa.Column("odd_in_a_row", sa.Integer(), nullable=False),
        sa.Column("at", _Time, nullable=False),
        sa.PrimaryKeyConstraint("payer", "model", "duration", "audio", name="pk_prices"),
        sa.CheckConstraint("credits > 0", name="ck_prices_credits_positive"),
        comment="payer is the id of a link, or 0 for the operator; odd is the charge that was not believed lately",
    )
    op.create_table(
        "price_changes",
        sa.Column("id", _Id, nullable=False),
        sa.Column("payer", sa.BigInteger(), nullable=False),
        sa.Column("model", sa.String(64), nullable=False),
        sa.Column("duration", sa.Integer(), nullable=False),
        sa.Column("audio", sa.Boolean(), nullable=False),
        sa.Column("before", sa.BigInteger()),
        sa.Column("credits", sa.BigInteger()),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("at", _Time, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_price_changes"),
        comment="append-only: triggers refuse UPDATE and DELETE; "
        "prices set or forgotten by the operator, or believed in the end; credits is null for a forgotten one",
    )
    op.execute(FROM_JOBS)
    if op.get_bind().dialect.name == "sqlite":
        _seal_on_sqlite("price_changes")
    else:
        _seal_on_postgresql("price_changes")


def _seal_on_sqlite(table: str) -> None:
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_refuses_{change.lower()} BEFORE {change} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, 'the {table} are append-only'); END"
        )


def _seal_on_postgresql(table: str) -> None:
    op.execute(
        f"CREATE FUNCTION refuse_{table}_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"RAISE EXCEPTION 'the {table} are append-only' USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    for change in ("UPDATE", "DELETE", "TRUNCATE"):
        op.execute(
            f"CREATE TRIGGER {table}_refuses_{change.lower()} BEFORE {change} ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION refuse_{table}_change()"
        )
