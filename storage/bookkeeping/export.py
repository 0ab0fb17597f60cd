"""The whole ledger in its order, as of one moment, with never more than one page of it in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Final

from sqlalchemy import select

from bot.domain.identifiers import GuildId
from bot.domain.ledger import LedgerEntry
from storage.bookkeeping.entries import entry_of
from storage.database.engine import Database
from storage.tables import ledger

PAGE: Final = 1000


async def ledger_pages(database: Database, guild_id: GuildId | None = None) -> AsyncIterator[Sequence[LedgerEntry]]:
    """A guild's entries, or everybody's, oldest first.

    Raises `StorageError`.
    """
    page = select(ledger).order_by(ledger.c.id).limit(PAGE)
    if guild_id is not None:
        page = page.where(ledger.c.guild_id == guild_id)
    last = 0
    async with database.reader() as transaction:
        while True:
            rows = (await transaction.execute(page.where(ledger.c.id > last))).mappings()
            entries = [entry_of(row) for row in rows]
            if entries:
                yield entries
                last = entries[-1].id
            if len(entries) < PAGE:
                return
