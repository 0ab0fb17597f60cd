"""Every guild at a glance, for the operator: one query per kind of fact, however many guilds there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

from sqlalchemy import func, select

from bot.domain.guild_facts import GuildFacts
from bot.domain.identifiers import GuildId
from bot.domain.job import JobState
from bot.domain.ledger import Balance, Pool
from storage.database.engine import Database
from storage.database.transactions import Transaction
from storage.tables import guild_names, guilds, jobs, wallets, workspaces

_KNOWN = (
    select(guilds, guild_names.c.name)
    .select_from(guilds.outerjoin(guild_names, guild_names.c.guild_id == guilds.c.guild_id))
    .order_by(guilds.c.guild_id)
)
_SUMS = tuple(field.name for field in fields(Balance))


class GuildList:
    """Fits `bot.services.ports.GuildList`."""

    def __init__(self, *, database: Database) -> None:
        self._database = database

    async def all(self) -> Sequence[GuildFacts]:
        """See the port."""
        async with self._database.reader() as transaction:
            known = (await transaction.execute(_KNOWN)).all()
            linked = await _linked(transaction)
            balances = await _balances(transaction)
            counts = await _job_counts(transaction)
        return [
            GuildFacts(
                guild_id=GuildId(row.guild_id),
                name=row.name,
                since_at=row.first_seen_at,
                left_at=row.left_at,
                is_linked=row.guild_id in linked,
                balance=balances.get(row.guild_id, Balance()),
                jobs=counts.get(row.guild_id, {}),
            )
            for row in known
        ]


async def _linked(transaction: Transaction) -> frozenset[int]:
    active = select(workspaces.c.guild_id).where(workspaces.c.unlinked_at.is_(None))
    return frozenset((await transaction.execute(active)).scalars())


async def _balances(transaction: Transaction) -> dict[int, Balance]:
    rows = await transaction.execute(select(wallets).where(wallets.c.pool == Pool.GRANTED))
    return {row["guild_id"]: Balance(**{name: row[name] for name in _SUMS}) for row in rows.mappings()}


async def _job_counts(transaction: Transaction) -> dict[int, dict[JobState, int]]:
    counting = select(jobs.c.guild_id, jobs.c.state, func.count().label("number"))
    counts: dict[int, dict[JobState, int]] = {}
    for row in await transaction.execute(counting.group_by(jobs.c.guild_id, jobs.c.state)):
        counts.setdefault(row.guild_id, {})[JobState(row.state)] = row.number
    return counts
