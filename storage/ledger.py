"""The ledger: what guilds were granted, hold and have spent, every entry behind it, and whether it all adds up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence

from sqlalchemy import func, select

from bot.clock import Clock
from bot.domain.actor import Actor
from bot.domain.audit import AuditAction, Details
from bot.domain.identifiers import Credits, GuildId, InteractionId, LinkId
from bot.domain.ledger import LARGEST_AMOUNT, Balance, EntryKind, LedgerEntry, Pool
from bot.domain.pricing import Price, PriceKey
from bot.errors import NothingLeftToRevoke, StorageError
from storage.audit import write_action
from storage.bookkeeping.entries import Posting, balance, entry_of, write_entry
from storage.bookkeeping.export import ledger_pages
from storage.bookkeeping.snapshot import read_snapshot
from storage.bookkeeping.verification import problems
from storage.database.engine import Database
from storage.database.transactions import Transaction
from storage.names import guild_in_words
from storage.prices import learned_prices
from storage.tables import done_interactions, ledger, write_offs


class LedgerStore:
    """Fits `bot.services.ports.Ledger` and `bot.services.ports.Grants`.

    Each method is one transaction; all raise `StorageError`.
    """

    def __init__(self, *, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def balance(self, guild_id: GuildId, pool: Pool = Pool.GRANTED) -> Balance:
        """See the port. `pool` names the other wallet, what the guild spent on its own account."""
        async with self._database.reader() as transaction:
            return await balance(transaction, guild_id, pool)

    async def grant(
        self,
        guild_id: GuildId,
        amount: Credits,
        *,
        actor: Actor,
        reason: str,
        interaction_id: InteractionId | None = None,
    ) -> Balance:
        """See the port."""
        posting = self._posting(guild_id, EntryKind.GRANT, amount, actor, reason)
        async with self._database.writer() as transaction:
            if not await _is_first(transaction, interaction_id):
                return await balance(transaction, guild_id, Pool.GRANTED)
            await _audit(transaction, posting, AuditAction.CREDITS_GRANTED)
            after = await write_entry(transaction, posting)
            if after is None:
                raise StorageError(f"Server {guild_id} has no wallet.")
            return after

    async def revoke(
        self,
        guild_id: GuildId,
        amount: Credits,
        *,
        actor: Actor,
        reason: str,
        interaction_id: InteractionId | None = None,
    ) -> Balance:
        """See the port."""
        posting = self._posting(guild_id, EntryKind.REVOKE, amount, actor, reason)
        async with self._database.writer() as transaction:
            if not await _is_first(transaction, interaction_id):
                return await balance(transaction, guild_id, Pool.GRANTED)
            await _audit(transaction, posting, AuditAction.CREDITS_REVOKED)
            after = await write_entry(transaction, posting)
            if after is None:
                left = await balance(transaction, guild_id, Pool.GRANTED)
                raise NothingLeftToRevoke(
                    f"Server {await guild_in_words(transaction, guild_id)} has {left.available:,} credits available; "
                    f"{amount:,} cannot be revoked."
                )
            return after

    async def entries(self, guild_id: GuildId | None = None) -> Sequence[LedgerEntry]:
        """A guild's entries, or everybody's, oldest first."""
        query = select(ledger).order_by(ledger.c.id)
        if guild_id is not None:
            query = query.where(ledger.c.guild_id == guild_id)
        async with self._database.reader() as transaction:
            return [entry_of(row) for row in (await transaction.execute(query)).mappings()]

    def pages(self, guild_id: GuildId | None = None) -> AsyncIterator[Sequence[LedgerEntry]]:
        """The same as they were at one moment, page by page: however many there are, memory holds one page."""
        return ledger_pages(self._database, guild_id)

    async def learned_prices(self, link_id: LinkId | None = None) -> Mapping[PriceKey, Price]:
        """See the port."""
        async with self._database.reader() as transaction:
            return await learned_prices(transaction, link_id)

    async def written_off(self) -> Credits:
        """What PowerPost may have charged for orders that were never confirmed, which no guild has paid."""
        async with self._database.reader() as transaction:
            total = await transaction.execute(select(func.coalesce(func.sum(write_offs.c.amount), 0)))
            return Credits(int(total.scalar_one()))

    async def verify(self) -> Sequence[str]:
        """Everything that does not add up, one readable line per problem; empty when the ledger is sound."""
        async with self._database.reader() as transaction:
            snapshot = await read_snapshot(transaction)
        return await asyncio.to_thread(problems, snapshot)

    def _posting(self, guild_id: GuildId, kind: EntryKind, amount: Credits, actor: Actor, reason: str) -> Posting:
        if not 1 <= amount <= LARGEST_AMOUNT:
            raise ValueError(f"The amount must be between 1 and {LARGEST_AMOUNT} credits, not {amount}.")
        return Posting(
            guild_id=guild_id,
            pool=Pool.GRANTED,
            kind=kind,
            amount=amount,
            actor=actor,
            at=self._clock.now(),
            reason=reason,
        )


async def _is_first(transaction: Transaction, interaction_id: InteractionId | None) -> bool:
    """Whether Discord delivers this interaction for the first time; of two at once, the second waits."""
    return interaction_id is None or await transaction.insert_or_skip(
        done_interactions, {"interaction_id": interaction_id}
    )


async def _audit(transaction: Transaction, posting: Posting, action: AuditAction) -> None:
    """Record the action for the guild's admins, which also makes the guild known.

    This comes before the ledger entry, which locks the wallet: everywhere, the guild's row is locked first.
    """
    details: Details = {"credits": posting.amount, "reason": posting.reason}
    await write_action(
        transaction, posting.guild_id, actor=posting.actor, action=action, details=details, at=posting.at
    )
