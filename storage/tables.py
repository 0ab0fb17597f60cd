"""The tables, as the code queries them.

`migrations/` creates them, and a test keeps the two the same. Only migrations know the triggers that keep the ledger
append-only. Nothing cascades: rows about money or jobs are never deleted because something else is.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    text,
)

from bot.domain.audit import AuditAction
from bot.domain.catalogue import Size
from bot.domain.job import Delivery, Failure, JobState, MessageState
from bot.domain.ledger import EntryKind, Pool
from bot.domain.patience import Reason
from bot.domain.quota import Period, TargetKind
from storage.database.columns import PlainText, UtcTime, generated_id, word

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

guilds = Table(
    "guilds",
    metadata,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("first_seen_at", UtcTime),
    Column("left_at", UtcTime),
    Column("forgotten_at", UtcTime),
    comment="first_seen_at is null while only the operator has spoken of the guild",
)

guild_names = Table(
    "guild_names",
    metadata,
    Column("guild_id", BigInteger, ForeignKey("guilds.guild_id"), primary_key=True, autoincrement=False),
    Column("name", PlainText, nullable=False),
    Column("channels", PlainText, nullable=False),
    comment="as Discord told them last; channels is a JSON object from id to name; forgotten with the guild",
)

wallets = Table(
    "wallets",
    metadata,
    Column("guild_id", BigInteger, ForeignKey("guilds.guild_id"), primary_key=True, autoincrement=False),
    Column("pool", word(Pool, checked=True), primary_key=True),
    Column("available", BigInteger, nullable=False),
    Column("reserved", BigInteger, nullable=False),
    Column("spent", BigInteger, nullable=False),
    Column("granted", BigInteger, nullable=False),
    Column("revoked", BigInteger, nullable=False),
    CheckConstraint("available + reserved + spent = granted - revoked", name="balanced"),
    CheckConstraint("reserved >= 0", name="reserved_not_negative"),
    CheckConstraint("spent >= 0", name="spent_not_negative"),
)

workspaces = Table(
    "workspaces",
    metadata,
    Column("id", generated_id(), primary_key=True),
    Column("guild_id", BigInteger, ForeignKey("guilds.guild_id"), nullable=False),
    Column("workspace_id", String(64), nullable=False),
    Column("encrypted_key", LargeBinary),
    Column("linked_by", BigInteger, nullable=False),
    Column("linked_at", UtcTime, nullable=False),
    Column("unlinked_at", UtcTime),
    Column("refused_at", UtcTime),
    Index(None, "guild_id"),
    Index(
        "ix_workspaces_active",
        "guild_id",
        unique=True,
        sqlite_where=text("unlinked_at IS NULL"),
        postgresql_where=text("unlinked_at IS NULL"),
    ),
    comment="PowerPost accounts that guilds brought; rows stay after unlinking, because jobs refer to them, "
    "without the key once no open job needs it",
)

ENDED_UNSHOWN = "state IN ('failed', 'cancelled') AND (shown IS NULL OR shown <> state)"
"""Jobs whose failure or cancellation was not shown yet; for these two, state and message state have the same name.

Written out, because a database uses a partial index only for a query with exactly its condition.
"""

IN_PROGRESS = "state IN ('queued', 'submitting', 'processing')"
"""What `bot.domain.rules.IN_PROGRESS` says, for the partial index; a test holds the two together."""

jobs = Table(
    "jobs",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("guild_id", BigInteger, ForeignKey("guilds.guild_id"), nullable=False),
    Column("channel_id", BigInteger, nullable=False),
    Column("requester_id", BigInteger, nullable=False),
    Column("interaction_id", BigInteger, nullable=False),
    Column("part", Integer, nullable=False, server_default=text("0")),
    Column("prompt", PlainText, nullable=False),
    Column("model", String(64), nullable=False),
    Column("duration", Integer, nullable=False),
    Column("size", word(Size), nullable=False),
    Column("audio", Boolean, nullable=False),
    Column("enhance", Boolean, nullable=False),
    Column("link_id", BigInteger, ForeignKey("workspaces.id")),
    Column("state", word(JobState, checked=True), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("state_at", UtcTime, nullable=False),
    Column("credits_held", BigInteger, nullable=False),
    Column("credits_used", BigInteger),
    Column("has_image", Boolean, nullable=False),
    Column("source_media_id", PlainText),
    Column("message_id", BigInteger),
    Column("is_direct", Boolean, nullable=False),
    Column("shown", word(MessageState)),
    Column("not_before", UtcTime),
    Column("ordered_at", UtcTime),
    Column("submitted_at", UtcTime),
    Column("generation_id", PlainText),
    Column("media_id", PlainText),
    Column("video_url", PlainText),
    Column("delivery", word(Delivery)),
    Column("failure", word(Failure)),
    Column("failure_detail", PlainText),
    Column("request_id", PlainText),
    Column("role_ids", PlainText),
    Column("erased_at", UtcTime),
    Column("trouble_until", UtcTime),
    UniqueConstraint("generation_id"),
    CheckConstraint("credits_held >= 0", name="held_not_negative"),
    CheckConstraint("credits_used >= 0", name="used_not_negative"),
    Index(None, "state", "created_at"),
    Index(
        "ix_jobs_ended_unshown",
        "state",
        "created_at",
        sqlite_where=text(ENDED_UNSHOWN),
        postgresql_where=text(ENDED_UNSHOWN),
    ),
    Index(
        "ix_jobs_in_the_making",
        "guild_id",
        "requester_id",
        "state",
        sqlite_where=text(IN_PROGRESS),
        postgresql_where=text(IN_PROGRESS),
    ),
    # Has everything that a quota's sum needs, so that no jobs are read, however many a member has made this month.
    Index("ix_jobs_spending", "guild_id", "requester_id", "created_at", "state", "credits_used", "credits_held"),
    Index(None, "guild_id", "created_at"),
    Index("ix_jobs_interaction_part", "interaction_id", "part", unique=True),
    Index(None, "model", "duration", "audio", "submitted_at"),
    comment="role_ids are the roles that the requester had then: a JSON list of numbers, or null once erased",
)

source_images = Table(
    "source_images",
    metadata,
    Column("job_id", String(32), ForeignKey("jobs.id"), primary_key=True),
    Column("filename", PlainText, nullable=False),
    Column("content_type", PlainText, nullable=False),
    Column("data", LargeBinary, nullable=False),
    comment="pictures to animate, kept only until PowerPost has them or the job has ended",
)

ledger = Table(
    "ledger",
    metadata,
    Column("id", generated_id(), primary_key=True),
    Column("guild_id", BigInteger, nullable=False),
    Column("pool", word(Pool), nullable=False),
    Column("kind", word(EntryKind, checked=True), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("job_id", String(32), ForeignKey("jobs.id")),
    Column("actor", String(64), nullable=False),
    Column("reason", PlainText, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("available_after", BigInteger, nullable=False),
    Column("reserved_after", BigInteger, nullable=False),
    Column("spent_after", BigInteger, nullable=False),
    ForeignKeyConstraint(["guild_id", "pool"], ["wallets.guild_id", "wallets.pool"]),
    UniqueConstraint("job_id", "kind"),
    Index(None, "guild_id", "id"),
    comment="append-only: triggers refuse UPDATE and DELETE",
)

quotas = Table(
    "quotas",
    metadata,
    Column("guild_id", BigInteger, ForeignKey("guilds.guild_id"), primary_key=True, autoincrement=False),
    Column("target_kind", word(TargetKind, checked=True), primary_key=True),
    Column("target_id", BigInteger, primary_key=True, autoincrement=False),
    Column("period", word(Period, checked=True), primary_key=True),
    Column("credits", BigInteger, nullable=False),
    Column("set_by", String(64), nullable=False),
    Column("set_at", UtcTime, nullable=False),
    CheckConstraint("credits >= 0", name="credits_not_negative"),
    comment="target_id is a role's or a member's, and 0 for everyone; set_by is written as a ledger's actor",
)

write_offs = Table(
    "write_offs",
    metadata,
    Column("job_id", String(32), ForeignKey("jobs.id"), primary_key=True),
    Column("amount", BigInteger, nullable=False),
    Column("reason", PlainText, nullable=False),
    Column("at", UtcTime, nullable=False),
    CheckConstraint("amount >= 0", name="amount_not_negative"),
    comment="orders that were never confirmed: the guild has its credits back, PowerPost may have charged all the same",
)

account_observations = Table(
    "account_observations",
    metadata,
    Column("id", generated_id(), primary_key=True),
    Column("balance", BigInteger, nullable=False),
    Column("asked_at", UtcTime, nullable=False),
    Column("told_at", UtcTime, nullable=False),
    Column("generation_id", PlainText),
    comment="what the operator's PowerPost account had; the newest few thousand are kept",
)

guild_options = Table(
    "guild_options",
    metadata,
    Column("guild_id", BigInteger, ForeignKey("guilds.guild_id"), primary_key=True, autoincrement=False),
    Column("name", String(64), primary_key=True),
    Column("value", PlainText, nullable=False),
    Column("set_by", String(64), nullable=False),
    Column("set_at", UtcTime, nullable=False),
    comment="value is JSON; an option that has its default has no row; set_by is written as a ledger's actor",
)

audit = Table(
    "audit",
    metadata,
    Column("id", generated_id(), primary_key=True),
    Column("guild_id", BigInteger, ForeignKey("guilds.guild_id"), nullable=False),
    Column("actor", String(64), nullable=False),
    Column("action", word(AuditAction), nullable=False),
    Column("details", PlainText, nullable=False),
    Column("at", UtcTime, nullable=False),
    Index(None, "guild_id", "id"),
    comment="append-only: triggers refuse UPDATE and DELETE; details is a JSON object",
)

audit_outbox = Table(
    "audit_outbox",
    metadata,
    Column("audit_id", BigInteger, ForeignKey("audit.id"), primary_key=True, autoincrement=False),
    comment="audit entries that no log channel has been told of yet",
)

spending_switch = Table(
    "spending_switch",
    metadata,
    Column("id", generated_id(), primary_key=True),
    Column("is_stopped", Boolean, nullable=False),
    Column("actor", String(64), nullable=False),
    Column("reason", PlainText, nullable=False),
    Column("at", UtcTime, nullable=False),
    comment="append-only: triggers refuse UPDATE and DELETE; the newest row holds, and without one spending is allowed",
)

purchases = Table(
    "purchases",
    metadata,
    Column("entitlement_id", BigInteger, primary_key=True, autoincrement=False),
    Column("sku_id", BigInteger, nullable=False),
    Column("guild_id", BigInteger, ForeignKey("guilds.guild_id"), nullable=False),
    Column("buyer_id", BigInteger, nullable=False),
    Column("credits", BigInteger, nullable=False),
    Column("at", UtcTime, nullable=False),
    CheckConstraint("credits > 0", name="credits_positive"),
    comment="credit packs bought in Discord, each written into the books once",
)

done_interactions = Table(
    "done_interactions",
    metadata,
    Column("interaction_id", BigInteger, primary_key=True, autoincrement=False),
    comment="interactions that changed a server's credits; each does so once, however often Discord delivers it",
)

prices = Table(
    "prices",
    metadata,
    Column("payer", BigInteger, primary_key=True, autoincrement=False),
    Column("model", String(64), primary_key=True),
    Column("duration", Integer, primary_key=True, autoincrement=False),
    Column("audio", Boolean, primary_key=True),
    Column("credits", BigInteger),
    Column("is_set", Boolean, nullable=False),
    Column("odd", BigInteger),
    Column("odd_in_a_row", Integer, nullable=False),
    Column("at", UtcTime, nullable=False),
    CheckConstraint("credits > 0", name="credits_positive"),
    comment="payer is the id of a link, or 0 for the operator; odd is the charge that was not believed lately",
)

price_changes = Table(
    "price_changes",
    metadata,
    Column("id", generated_id(), primary_key=True),
    Column("payer", BigInteger, nullable=False),
    Column("model", String(64), nullable=False),
    Column("duration", Integer, nullable=False),
    Column("audio", Boolean, nullable=False),
    Column("before", BigInteger),
    Column("credits", BigInteger),
    Column("actor", String(64), nullable=False),
    Column("at", UtcTime, nullable=False),
    comment="append-only: triggers refuse UPDATE and DELETE; "
    "prices set or forgotten by the operator, or believed in the end; credits is null for a forgotten one",
)

waits = Table(
    "waits",
    metadata,
    Column("reason", word(Reason), primary_key=True),
    Column("subject", String(64), primary_key=True),
    Column("seconds", BigInteger, nullable=False),
    Column("times", BigInteger, nullable=False),
    comment="how long, and how often, something was seen to stay the same; subject is an id",
)

notes = Table(
    "notes",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", PlainText, nullable=False),
    comment="small facts that the bot keeps about itself",
)
