"""The audit trail in the database, written in the transaction of the action itself."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import RowMapping, delete, insert, select

from bot.clock import Clock
from bot.domain.actor import Actor
from bot.domain.audit import AuditAction, AuditEntry, Details
from bot.domain.identifiers import GuildId
from storage.database.engine import Database
from storage.database.transactions import Transaction
from storage.guilds import know_guild
from storage.tables import audit, audit_outbox


class AuditStore:
    """Fits `bot.services.audit.Trail`."""

    def __init__(self, *, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def write(self, guild_id: GuildId, actor: Actor, action: AuditAction, details: Details) -> AuditEntry:
        """See the port."""
        async with self._database.writer() as transaction:
            return await write_action(
                transaction, guild_id, actor=actor, action=action, details=details, at=self._clock.now()
            )

    async def entries(self, guild_id: GuildId, limit: int = 100) -> Sequence[AuditEntry]:
        """A guild's latest actions, newest first."""
        newest = select(audit).where(audit.c.guild_id == guild_id).order_by(audit.c.id.desc()).limit(limit)
        async with self._database.reader() as transaction:
            return [_entry_of(row) for row in (await transaction.execute(newest)).mappings()]

    async def waiting(self, limit: int) -> Sequence[AuditEntry]:
        """See the port."""
        waiting = (
            select(audit).join(audit_outbox, audit_outbox.c.audit_id == audit.c.id).order_by(audit.c.id).limit(limit)
        )
        async with self._database.reader() as transaction:
            return [_entry_of(row) for row in (await transaction.execute(waiting)).mappings()]

    async def told(self, entry: AuditEntry) -> None:
        """See the port."""
        async with self._database.writer() as transaction:
            await transaction.execute(delete(audit_outbox).where(audit_outbox.c.audit_id == entry.id))


async def write_action(
    transaction: Transaction, guild_id: GuildId, *, actor: Actor, action: AuditAction, details: Details, at: datetime
) -> AuditEntry:
    """Record an action in the transaction that performs it, so that there is never one without the other."""
    await know_guild(transaction, guild_id)
    facts = json.dumps(dict(details), ensure_ascii=False)
    row = {"guild_id": guild_id, "actor": actor, "action": action, "details": facts, "at": at}
    written = (await transaction.execute(insert(audit).returning(audit), row)).mappings().one()
    await transaction.execute(insert(audit_outbox), {"audit_id": written["id"]})
    return _entry_of(written)


def _entry_of(row: RowMapping) -> AuditEntry:
    return AuditEntry(
        id=row["id"],
        guild_id=row["guild_id"],
        actor=row["actor"],
        action=row["action"],
        details=json.loads(row["details"]),
        at=row["at"],
    )
