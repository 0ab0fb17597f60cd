"""The guilds that the bot has met."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update

from bot.clock import Clock
from bot.domain.actor import BOT
from bot.domain.identifiers import Credits, GuildId
from bot.domain.ledger import EntryKind, Pool
from storage.bookkeeping.entries import Posting, open_wallet, write_entry
from storage.database.engine import Database
from storage.database.transactions import Transaction
from storage.tables import guilds


class GuildStore:
    """Fits `bot.services.retention.KnownGuilds`.

    Gives each guild its starting credits once. All methods raise `StorageError`.
    """

    def __init__(self, *, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def ensure(self, guild_id: GuildId, starting_credits: Credits) -> bool:
        """Record that the bot is in this guild; True when that is new and `starting_credits` were granted.

        Safe to call at any time and from several processes. A guild is new only once, even if it removed the bot in
        between or the operator granted it credits before.
        """
        if await self._is_present(guild_id):
            return False
        async with self._database.writer() as transaction:
            await know_guild(transaction, guild_id)
            await transaction.execute(
                update(guilds).where(guilds.c.guild_id == guild_id).values(left_at=None, forgotten_at=None)
            )
            return await _meet(transaction, guild_id, starting_credits, self._clock.now())

    async def mark_left(self, guild_id: GuildId) -> None:
        """See the port."""
        is_there = (guilds.c.guild_id == guild_id, guilds.c.left_at.is_(None))
        async with self._database.writer() as transaction:
            await transaction.execute(update(guilds).where(*is_there).values(left_at=self._clock.now()))

    async def present(self) -> Sequence[GuildId]:
        """See the port."""
        known = select(guilds.c.guild_id).where(guilds.c.first_seen_at.is_not(None), guilds.c.left_at.is_(None))
        async with self._database.reader() as transaction:
            return [GuildId(row.guild_id) for row in await transaction.execute(known)]

    async def _is_present(self, guild_id: GuildId) -> bool:
        present = select(guilds.c.guild_id).where(
            guilds.c.guild_id == guild_id, guilds.c.first_seen_at.is_not(None), guilds.c.left_at.is_(None)
        )
        async with self._database.reader() as transaction:
            return (await transaction.execute(present)).one_or_none() is not None


async def know_guild(transaction: Transaction, guild_id: GuildId) -> None:
    """Make sure that the guild and its wallet for granted credits exist."""
    await transaction.insert_or_skip(guilds, {"guild_id": guild_id})
    await open_wallet(transaction, guild_id, Pool.GRANTED)


async def hold_guild(transaction: Transaction, guild_id: GuildId) -> None:
    """Make this guild's transactions that call this wait for each other: the next continues when this one ends.

    For rules about several rows, which no single guarded statement can protect. On PostgreSQL an update locks the row
    although it changes nothing, and does not block rows that refer to the guild. Call it before the guild's wallet is
    changed, so that everybody takes locks in the same order. SQLite's writers take turns anyway.
    """
    await transaction.execute(update(guilds).where(guilds.c.guild_id == guild_id).values(left_at=guilds.c.left_at))


async def _meet(transaction: Transaction, guild_id: GuildId, starting_credits: Credits, now: datetime) -> bool:
    first_meeting = (
        update(guilds)
        .where(guilds.c.guild_id == guild_id, guilds.c.first_seen_at.is_(None))
        .values(first_seen_at=now)
        .returning(guilds.c.guild_id)
    )
    if (await transaction.execute(first_meeting)).one_or_none() is None:
        return False
    if starting_credits > 0:
        await write_entry(transaction, _starting_grant(guild_id, starting_credits, now))
    return True


def _starting_grant(guild_id: GuildId, amount: Credits, now: datetime) -> Posting:
    return Posting(
        guild_id=guild_id,
        pool=Pool.GRANTED,
        kind=EntryKind.GRANT,
        amount=amount,
        actor=BOT,
        at=now,
        reason="starting credits",
    )
