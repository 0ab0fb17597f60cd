"""Credit packs bought in Discord become credits: each once, however often it is reported."""

from __future__ import annotations

from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from bot.clock import Clock
from bot.domain.actor import by_user
from bot.domain.audit import AuditAction, Details
from bot.domain.identifiers import Credits, GuildId
from bot.domain.ledger import EntryKind, Pool
from bot.domain.purchase import Purchase
from bot.errors import StorageError
from storage.audit import write_action
from storage.bookkeeping.entries import Posting, write_entry
from storage.database.engine import Database
from storage.guilds import know_guild
from storage.notes import PURCHASES, read_note, write_note
from storage.tables import purchases


class PurchaseStore:
    """Fits `bot.services.ports.PurchaseLedger`."""

    def __init__(self, *, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def credit(self, purchase: Purchase, guild_id: GuildId, amount: Credits) -> bool:
        """See the port. The row of `purchases` comes first: of two transactions at once, the second waits for it and
        then fails whole.
        """
        now = self._clock.now()
        actor, reason = by_user(purchase.buyer_id), f"purchase {purchase.id} in Discord"
        row = {
            "entitlement_id": purchase.id,
            "sku_id": purchase.sku_id,
            "guild_id": guild_id,
            "buyer_id": purchase.buyer_id,
            "credits": amount,
            "at": now,
        }
        posting = Posting(guild_id, Pool.GRANTED, EntryKind.GRANT, amount, actor, now, reason=reason)
        try:
            async with self._database.writer() as transaction:
                await know_guild(transaction, guild_id)
                await transaction.execute(insert(purchases), row)
                details: Details = {"credits": int(amount), "reason": reason}
                await write_action(
                    transaction, guild_id, actor=actor, action=AuditAction.CREDITS_GRANTED, details=details, at=now
                )
                if await write_entry(transaction, posting) is None:
                    raise StorageError(f"Server {guild_id} has no wallet.")
        except IntegrityError as error:
            if "purchases" not in str(error.orig):
                raise
            return False
        return True

    async def place(self) -> int:
        """See the port."""
        async with self._database.reader() as transaction:
            return int(await read_note(transaction, PURCHASES) or 0)

    async def keep_place(self, last: int) -> None:
        """See the port."""
        async with self._database.writer() as transaction:
            await write_note(transaction, PURCHASES, str(last))
