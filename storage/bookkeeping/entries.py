"""Writing a ledger entry: the wallet changes and the ledger says why, in the caller's transaction.

The wallet is changed by one guarded UPDATE, so that two transactions can never share the last credit. Its row stays
locked until the commit, so a wallet's ledger rows are in the order of its changes.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import RowMapping, bindparam, insert, select, update

from bot.domain.actor import Actor
from bot.domain.identifiers import GuildId, JobId
from bot.domain.ledger import Balance, EntryKind, LedgerEntry, Pool, effect
from storage.database.transactions import Transaction
from storage.tables import ledger, wallets


@dataclass(frozen=True, slots=True)
class Posting:
    """An entry to be written. `amount` and `held` are credits, with the meaning of `bot.domain.ledger.effect`."""

    guild_id: GuildId
    pool: Pool
    kind: EntryKind
    amount: int
    actor: Actor
    at: datetime
    job_id: JobId | None = None
    held: int = 0
    reason: str = ""


_ENTRY_FIELDS = tuple(field.name for field in fields(LedgerEntry))
_SUMS = tuple(field.name for field in fields(Balance))
_IN_WALLET = (wallets.c.guild_id == bindparam("in_guild"), wallets.c.pool == bindparam("in_pool"))
_BALANCE = select(*(wallets.c[name] for name in _SUMS)).where(*_IN_WALLET)
_CHANGE = (
    update(wallets)
    .where(*_IN_WALLET)
    .values({name: wallets.c[name] + bindparam(f"more_{name}") for name in _SUMS})
    .returning(*(wallets.c[name] for name in _SUMS))
)
_CHANGE_IF_AFFORDABLE = _CHANGE.where(wallets.c.available + bindparam("more_available") >= 0)
_RECORD = insert(ledger)


async def open_wallet(transaction: Transaction, guild_id: GuildId, pool: Pool) -> None:
    """Make sure that the wallet of a known guild exists."""
    zeros = dict.fromkeys(_SUMS, 0)
    await transaction.insert_or_skip(wallets, {"guild_id": guild_id, "pool": pool, **zeros})


async def balance(transaction: Transaction, guild_id: GuildId, pool: Pool) -> Balance:
    """The sums of a wallet; zeros if there is none."""
    rows = await transaction.execute(_BALANCE, {"in_guild": guild_id, "in_pool": pool})
    row = rows.mappings().one_or_none()
    return Balance() if row is None else Balance(**row)


async def change_wallet(transaction: Transaction, posting: Posting) -> Balance | None:
    """Change the sums; None, with nothing changed, if there is no wallet or too little in it.

    Granted credits cannot be overdrawn by a reservation or a revocation; a settlement always succeeds, because
    PowerPost has already charged it.
    """
    is_limited = posting.pool is Pool.GRANTED and posting.kind in (EntryKind.RESERVE, EntryKind.REVOKE)
    change = effect(posting.kind, posting.amount, held=posting.held)
    rows = await transaction.execute(
        _CHANGE_IF_AFFORDABLE if is_limited else _CHANGE,
        {
            "in_guild": posting.guild_id,
            "in_pool": posting.pool,
            **{f"more_{name}": getattr(change, name) for name in _SUMS},
        },
    )
    row = rows.mappings().one_or_none()
    return None if row is None else Balance(**row)


async def record(transaction: Transaction, posting: Posting, after: Balance) -> None:
    """Append the ledger row of a change that left the wallet at `after`.

    Raises SQLAlchemy's `IntegrityError`, and so undoes the transaction, if the job has an entry of this kind already.
    """
    await transaction.execute(
        _RECORD,
        {
            "guild_id": posting.guild_id,
            "pool": posting.pool,
            "kind": posting.kind,
            "amount": posting.amount,
            "job_id": posting.job_id,
            "actor": posting.actor,
            "reason": posting.reason,
            "at": posting.at,
            "available_after": after.available,
            "reserved_after": after.reserved,
            "spent_after": after.spent,
        },
    )


async def write_entry(transaction: Transaction, posting: Posting) -> Balance | None:
    """Change the wallet and append the ledger row; None, with nothing written, when the wallet refuses."""
    after = await change_wallet(transaction, posting)
    if after is not None:
        await record(transaction, posting, after)
    return after


def entry_of(row: RowMapping) -> LedgerEntry:
    """The record of a row that holds every column of `ledger`."""
    return LedgerEntry(**{name: row[name] for name in _ENTRY_FIELDS})
