"""The whole ledger as of one moment, without anything that verifying does not need, such as prompts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import select

from bot.domain.identifiers import Credits, GuildId, JobId
from bot.domain.job import Failure, JobState
from bot.domain.ledger import Balance, LedgerEntry, Pool
from storage.bookkeeping.entries import entry_of
from storage.database.transactions import Transaction
from storage.job_rows import PRICE
from storage.tables import guilds, jobs, ledger, source_images, wallets, write_offs


class WalletKey(NamedTuple):
    """Whose wallet, and which of the guild's two."""

    guild_id: GuildId
    pool: Pool

    def __str__(self) -> str:
        return f"Server {self.guild_id}, {self.pool} credits"


@dataclass(frozen=True, slots=True)
class JobCost:
    """What a job says about money: what it held, and its real price, or the estimate until that is known."""

    id: JobId
    wallet_key: WalletKey
    state: JobState
    held: Credits
    price: Credits
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class LedgerSnapshot:
    """Everything that must agree. `entries` are oldest first; `pictures` names the jobs that have a stored picture.

    `write_offs` are the possible costs of orders that were never confirmed, in credits.
    """

    guilds: frozenset[GuildId]
    wallets: Mapping[WalletKey, Balance]
    jobs: Mapping[str, JobCost]
    entries: Sequence[LedgerEntry]
    pictures: frozenset[JobId]
    write_offs: Mapping[JobId, Credits]


async def read_snapshot(transaction: Transaction) -> LedgerSnapshot:
    """Of every guild."""
    return LedgerSnapshot(
        guilds=frozenset((await transaction.execute(select(guilds.c.guild_id))).scalars()),
        wallets=await _wallets(transaction),
        jobs=await _jobs(transaction),
        entries=[entry_of(row) for row in (await transaction.execute(select(ledger).order_by(ledger.c.id))).mappings()],
        pictures=frozenset((await transaction.execute(select(source_images.c.job_id))).scalars()),
        write_offs={row.job_id: row.amount for row in await transaction.execute(select(write_offs))},
    )


async def _wallets(transaction: Transaction) -> dict[WalletKey, Balance]:
    rows = await transaction.execute(select(wallets))
    return {
        WalletKey(row.guild_id, row.pool): Balance(row.available, row.reserved, row.spent, row.granted, row.revoked)
        for row in rows
    }


async def _jobs(transaction: Transaction) -> dict[str, JobCost]:
    price = PRICE.label("price")
    rows = await transaction.execute(
        select(jobs.c.id, jobs.c.guild_id, jobs.c.link_id, jobs.c.state, jobs.c.credits_held, price, jobs.c.failure)
    )
    return {
        row.id: JobCost(
            id=row.id,
            wallet_key=WalletKey(row.guild_id, Pool.of(row.link_id)),
            state=row.state,
            held=row.credits_held,
            price=row.price,
            failure=row.failure,
        )
        for row in rows
    }
