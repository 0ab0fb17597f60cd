"""Jobs, their pictures, the books of every guild, and what the bot notes about itself."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_Time = sa.DateTime(timezone=True)
_Word = sa.String(32)

_STATES = ("queued", "submitting", "unconfirmed", "processing", "delivering", "completed", "failed", "cancelled")
_KINDS = ("grant", "revoke", "reserve", "settle", "release", "adjust")
_POOLS = ("granted", "linked")
_QUOTA_TARGETS = ("everyone", "role", "member")
_QUOTA_PERIODS = ("day", "week", "month")
_ENDED_UNSHOWN = "state IN ('failed', 'cancelled') AND (shown IS NULL OR shown <> state)"


def upgrade() -> None:
    _create_guilds()
    _create_wallets()
    _create_workspaces()
    _create_jobs()
    _create_source_images()
    _create_ledger()
    _create_quotas()
    _create_write_offs()
    _create_account_observations()
    _create_guild_options()
    _create_audit()
    _create_spending_switch()
    _create_purchases()
    _create_notes()
    seal = _seal_on_sqlite if op.get_bind().dialect.name == "sqlite" else _seal_on_postgresql
    seal("ledger")
    seal("audit")
    seal("spending_switch")


def _one_of(column: str, words: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(word) for word in words)})"


def _create_guilds() -> None:
    op.create_table(
        "guilds",
        sa.Column("guild_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("first_seen_at", _Time),
        sa.Column("left_at", _Time),
        sa.Column("forgotten_at", _Time),
        sa.PrimaryKeyConstraint("guild_id", name="pk_guilds"),
        comment="first_seen_at is null while only the operator has spoken of the guild",
    )


def _create_wallets() -> None:
    op.create_table(
        "wallets",
        sa.Column("guild_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("pool", _Word, nullable=False),
        sa.Column("available", sa.BigInteger(), nullable=False),
        sa.Column("reserved", sa.BigInteger(), nullable=False),
        sa.Column("spent", sa.BigInteger(), nullable=False),
        sa.Column("granted", sa.BigInteger(), nullable=False),
        sa.Column("revoked", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "pool", name="pk_wallets"),
        sa.ForeignKeyConstraint(["guild_id"], ["guilds.guild_id"], name="fk_wallets_guild_id"),
        sa.CheckConstraint(_one_of("pool", _POOLS), name="ck_wallets_pool_known"),
        sa.CheckConstraint("available + reserved + spent = granted - revoked", name="ck_wallets_balanced"),
        sa.CheckConstraint("reserved >= 0", name="ck_wallets_reserved_not_negative"),
        sa.CheckConstraint("spent >= 0", name="ck_wallets_spent_not_negative"),
    )


def _create_workspaces() -> None:
    op.create_table(
        "workspaces",
        sa.Column("id", _Id, nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("workspace_id", sa.String(64), nullable=False),
        sa.Column("encrypted_key", sa.LargeBinary()),
        sa.Column("linked_by", sa.BigInteger(), nullable=False),
        sa.Column("linked_at", _Time, nullable=False),
        sa.Column("unlinked_at", _Time),
        sa.Column("refused_at", _Time),
        sa.PrimaryKeyConstraint("id", name="pk_workspaces"),
        sa.ForeignKeyConstraint(["guild_id"], ["guilds.guild_id"], name="fk_workspaces_guild_id"),
        comment="PowerPost accounts that guilds brought; rows stay after unlinking, because jobs refer to them, "
        "without the key once no open job needs it",
    )
    op.create_index("ix_workspaces_guild_id", "workspaces", ["guild_id"])
    op.create_index(
        "ix_workspaces_active",
        "workspaces",
        ["guild_id"],
        unique=True,
        sqlite_where=sa.text("unlinked_at IS NULL"),
        postgresql_where=sa.text("unlinked_at IS NULL"),
    )


def _create_jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("requester_id", sa.BigInteger(), nullable=False),
        sa.Column("interaction_id", sa.BigInteger(), nullable=False),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("model", sa.String(64), nullable=False),
        sa.Column("duration", sa.Integer(), nullable=False),
        sa.Column("size", _Word, nullable=False),
        sa.Column("audio", sa.Boolean(), nullable=False),
        sa.Column("enhance", sa.Boolean(), nullable=False),
        sa.Column("link_id", sa.BigInteger()),
        sa.Column("state", _Word, nullable=False),
        sa.Column("created_at", _Time, nullable=False),
        sa.Column("state_at", _Time, nullable=False),
        sa.Column("credits_held", sa.BigInteger(), nullable=False),
        sa.Column("credits_used", sa.BigInteger()),
        sa.Column("has_image", sa.Boolean(), nullable=False),
        sa.Column("source_media_id", sa.Text()),
        sa.Column("message_id", sa.BigInteger()),
        sa.Column("is_direct", sa.Boolean(), nullable=False),
        sa.Column("shown", _Word),
        sa.Column("not_before", _Time),
        sa.Column("ordered_at", _Time),
        sa.Column("submitted_at", _Time),
        sa.Column("generation_id", sa.Text()),
        sa.Column("media_id", sa.Text()),
        sa.Column("video_url", sa.Text()),
        sa.Column("delivery", _Word),
        sa.Column("failure", _Word),
        sa.Column("failure_detail", sa.Text()),
        sa.Column("request_id", sa.Text()),
        sa.Column("role_ids", sa.Text()),
        sa.Column("erased_at", _Time),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
        sa.ForeignKeyConstraint(["guild_id"], ["guilds.guild_id"], name="fk_jobs_guild_id"),
        sa.ForeignKeyConstraint(["link_id"], ["workspaces.id"], name="fk_jobs_link_id"),
        sa.UniqueConstraint("generation_id", name="uq_jobs_generation_id"),
        sa.CheckConstraint(_one_of("state", _STATES), name="ck_jobs_jobstate_known"),
        sa.CheckConstraint("credits_held >= 0", name="ck_jobs_held_not_negative"),
        sa.CheckConstraint("credits_used >= 0", name="ck_jobs_used_not_negative"),
        comment="role_ids are the roles that the requester had then: a JSON list of numbers, or null once erased",
    )
    op.create_index("ix_jobs_state_created_at", "jobs", ["state", "created_at"])
    op.create_index(
        "ix_jobs_ended_unshown",
        "jobs",
        ["state", "created_at"],
        sqlite_where=sa.text(_ENDED_UNSHOWN),
        postgresql_where=sa.text(_ENDED_UNSHOWN),
    )
    spending = ["guild_id", "requester_id", "created_at", "state", "credits_used", "credits_held"]
    op.create_index("ix_jobs_spending", "jobs", spending)
    op.create_index("ix_jobs_guild_id_created_at", "jobs", ["guild_id", "created_at"])
    op.create_index("ix_jobs_model_duration_audio_submitted_at", "jobs", ["model", "duration", "audio", "submitted_at"])


def _create_source_images() -> None:
    op.create_table(
        "source_images",
        sa.Column("job_id", sa.String(32), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("job_id", name="pk_source_images"),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_source_images_job_id"),
        comment="pictures to animate, kept only until PowerPost has them or the job has ended",
    )


def _create_ledger() -> None:
    op.create_table(
        "ledger",
        sa.Column("id", _Id, nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("pool", _Word, nullable=False),
        sa.Column("kind", _Word, nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("job_id", sa.String(32)),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", _Time, nullable=False),
        sa.Column("available_after", sa.BigInteger(), nullable=False),
        sa.Column("reserved_after", sa.BigInteger(), nullable=False),
        sa.Column("spent_after", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ledger"),
        sa.ForeignKeyConstraint(
            ["guild_id", "pool"], ["wallets.guild_id", "wallets.pool"], name="fk_ledger_guild_id_pool"
        ),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_ledger_job_id"),
        sa.UniqueConstraint("job_id", "kind", name="uq_ledger_job_id_kind"),
        sa.CheckConstraint(_one_of("kind", _KINDS), name="ck_ledger_entrykind_known"),
        comment="append-only: triggers refuse UPDATE and DELETE",
    )
    op.create_index("ix_ledger_guild_id_id", "ledger", ["guild_id", "id"])


def _create_quotas() -> None:
    op.create_table(
        "quotas",
        sa.Column("guild_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("target_kind", _Word, nullable=False),
        sa.Column("target_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("period", _Word, nullable=False),
        sa.Column("credits", sa.BigInteger(), nullable=False),
        sa.Column("set_by", sa.String(64), nullable=False),
        sa.Column("set_at", _Time, nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "target_kind", "target_id", "period", name="pk_quotas"),
        sa.ForeignKeyConstraint(["guild_id"], ["guilds.guild_id"], name="fk_quotas_guild_id"),
        sa.CheckConstraint(_one_of("target_kind", _QUOTA_TARGETS), name="ck_quotas_targetkind_known"),
        sa.CheckConstraint(_one_of("period", _QUOTA_PERIODS), name="ck_quotas_period_known"),
        sa.CheckConstraint("credits >= 0", name="ck_quotas_credits_not_negative"),
        comment="target_id is a role's or a member's, and 0 for everyone; set_by is written as a ledger's actor",
    )


def _create_write_offs() -> None:
    op.create_table(
        "write_offs",
        sa.Column("job_id", sa.String(32), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", _Time, nullable=False),
        sa.PrimaryKeyConstraint("job_id", name="pk_write_offs"),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_write_offs_job_id"),
        sa.CheckConstraint("amount >= 0", name="ck_write_offs_amount_not_negative"),
        comment="orders that were never confirmed: "
        "the guild has its credits back, PowerPost may have charged all the same",
    )


def _create_account_observations() -> None:
    op.create_table(
        "account_observations",
        sa.Column("id", _Id, nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", _Time, nullable=False),
        sa.Column("told_at", _Time, nullable=False),
        sa.Column("generation_id", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_account_observations"),
        comment="what the operator's PowerPost account had; the newest few thousand are kept",
    )


def _create_guild_options() -> None:
    op.create_table(
        "guild_options",
        sa.Column("guild_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("set_by", sa.String(64), nullable=False),
        sa.Column("set_at", _Time, nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "name", name="pk_guild_options"),
        sa.ForeignKeyConstraint(["guild_id"], ["guilds.guild_id"], name="fk_guild_options_guild_id"),
        comment="value is JSON; an option that has its default has no row; set_by is written as a ledger's actor",
    )


def _create_audit() -> None:
    op.create_table(
        "audit",
        sa.Column("id", _Id, nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("deed", _Word, nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("at", _Time, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
        sa.ForeignKeyConstraint(["guild_id"], ["guilds.guild_id"], name="fk_audit_guild_id"),
        comment="append-only: triggers refuse UPDATE and DELETE; details is a JSON object",
    )
    op.create_index("ix_audit_guild_id_id", "audit", ["guild_id", "id"])
    op.create_table(
        "untold",
        sa.Column("audit_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("audit_id", name="pk_untold"),
        sa.ForeignKeyConstraint(["audit_id"], ["audit.id"], name="fk_untold_audit_id"),
        comment="what the audit trail holds and the guilds' log channels were not told yet",
    )


def _create_spending_switch() -> None:
    op.create_table(
        "spending_switch",
        sa.Column("id", _Id, nullable=False),
        sa.Column("is_stopped", sa.Boolean(), nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", _Time, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_spending_switch"),
        comment="append-only: triggers refuse UPDATE and DELETE; "
        "the newest row holds, and without one spending is allowed",
    )


def _create_purchases() -> None:
    op.create_table(
        "purchases",
        sa.Column("entitlement_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sku_id", sa.BigInteger(), nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("buyer_id", sa.BigInteger(), nullable=False),
        sa.Column("credits", sa.BigInteger(), nullable=False),
        sa.Column("at", _Time, nullable=False),
        sa.PrimaryKeyConstraint("entitlement_id", name="pk_purchases"),
        sa.ForeignKeyConstraint(["guild_id"], ["guilds.guild_id"], name="fk_purchases_guild_id"),
        sa.CheckConstraint("credits > 0", name="ck_purchases_credits_positive"),
        comment="credit packs bought in Discord, each written into the books once",
    )


def _create_notes() -> None:
    op.create_table(
        "notes",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_notes"),
        comment="small facts that the bot keeps about itself",
    )


def _seal_on_sqlite(table: str) -> None:
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_refuses_{change.lower()} BEFORE {change} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, 'the {table} is append-only'); END"
        )


def _seal_on_postgresql(table: str) -> None:
    op.execute(
        f"CREATE FUNCTION refuse_{table}_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"RAISE EXCEPTION 'the {table} is append-only' USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    for change in ("UPDATE", "DELETE", "TRUNCATE"):
        op.execute(
            f"CREATE TRIGGER {table}_refuses_{change.lower()} BEFORE {change} ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION refuse_{table}_change()"
        )
