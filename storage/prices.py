"""Known prices, separately for each payer: a server's own account never sets the price for anybody else.

One row per combination that was charged or set. A charge is weighed in the transaction that stores it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, RowMapping, delete, insert, or_, select, update

from bot.clock import Clock
from bot.domain.actor import BOT, Actor
from bot.domain.audit import AuditAction, Details
from bot.domain.identifiers import Credits, GuildId, LinkId
from bot.domain.job import Job
from bot.domain.pricing import (
    KnownPrice,
    OddCharge,
    Price,
    PriceChange,
    PriceEntry,
    PriceKey,
    estimate,
    price_key,
    taught,
)
from storage.audit import write_action
from storage.database.engine import Database
from storage.database.transactions import Transaction
from storage.names import guild_in_words
from storage.tables import price_changes, prices, workspaces

OPERATOR_PAYS: Final = 0
"""Pays for servers without an account of their own; any other payer is the id of a link."""


class PriceStore:
    """Prices for operators. Each method is one transaction; all raise `StorageError`."""

    def __init__(self, *, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def all(self) -> Sequence[PriceEntry]:
        """The operator's prices, then those of every account that is currently linked."""
        in_use = or_(prices.c.payer == OPERATOR_PAYS, workspaces.c.unlinked_at.is_(None))
        joined = prices.outerjoin(workspaces, prices.c.payer == workspaces.c.id)
        query = select(prices, workspaces.c.guild_id).select_from(joined).where(in_use)
        order = (prices.c.payer, prices.c.model, prices.c.duration, prices.c.audio)
        async with self._database.reader() as transaction:
            return [_entry(row) for row in (await transaction.execute(query.order_by(*order))).mappings()]

    async def put(
        self, key: PriceKey, amount: Credits | None, *, payer: tuple[GuildId, LinkId] | None = None, actor: Actor
    ) -> KnownPrice:
        """Expect this price until PowerPost charges another one, or forget it (None); returns what was known.

        `payer` names a server and its link; None is the operator. A server finds it in its audit trail.
        """
        now = self._clock.now()
        guild_id, link_id = payer or (None, None)
        async with self._database.writer() as transaction:
            before = await _held(transaction, link_id, key, now)
            if amount is None:
                await transaction.execute(delete(prices).where(*_is(link_id, key)))
            else:
                await _keep(transaction, link_id, key, KnownPrice(amount, is_set=True), now)
            change = PriceChange(guild_id, link_id, key, before.credits, amount, actor, now)
            await _note_change(transaction, change)
            if guild_id is not None:
                await _tell_guild(transaction, guild_id, change)
            return before

    async def changes(self, limit: int = 100) -> Sequence[PriceChange]:
        """What was set, forgotten or finally believed, newest first."""
        joined = price_changes.outerjoin(workspaces, price_changes.c.payer == workspaces.c.id)
        changed = select(price_changes, workspaces.c.guild_id).select_from(joined)
        newest = changed.order_by(price_changes.c.id.desc()).limit(limit)
        async with self._database.reader() as transaction:
            return [_change(row) for row in (await transaction.execute(newest)).mappings()]


async def learned_prices(transaction: Transaction, link_id: LinkId | None) -> Mapping[PriceKey, Price]:
    """The prices to expect for one payer; combinations that were never charged are missing."""
    rows = await transaction.execute(select(prices).where(prices.c.payer == _payer(link_id)))
    known = {_key(row): _known(row) for row in rows.mappings()}
    return {key: Price(one.credits, is_exact=one.is_exact) for key, one in known.items() if one.credits is not None}


async def learn(transaction: Transaction, job: Job, now: datetime) -> OddCharge | None:
    """Weigh what PowerPost charged for a job, in the transaction that stores it; returns a charge not believed."""
    charged = job.credits_used
    if charged is None:
        return None
    key = price_key(job.spec)
    known = await _held(transaction, job.link_id, key, now)
    expected = known.credits or estimate(key) or Credits(max(job.credits_held, 1))
    after = taught(known, charged, expected)
    await _keep(transaction, job.link_id, key, after, now)
    if after.odd_in_a_row:
        payer = None if job.link_id is None else await guild_in_words(transaction, job.guild_id)
        return OddCharge(payer, key, expected, charged)
    if known.odd == charged:
        guild_id = None if job.link_id is None else job.guild_id
        await _note_change(transaction, PriceChange(guild_id, job.link_id, key, known.credits, charged, BOT, now))
    return None


async def _held(transaction: Transaction, link_id: LinkId | None, key: PriceKey, now: datetime) -> KnownPrice:
    """What is known. Nobody else changes it until the transaction ends, because the update locks the row."""
    columns = {"payer": _payer(link_id), "model": key.model_id, "duration": key.duration, "audio": key.audio}
    nothing = {"is_set": False, "odd_in_a_row": 0, "at": now}
    await transaction.insert_or_skip(prices, {**columns, **nothing})
    taken = update(prices).where(*_is(link_id, key)).values(at=now).returning(prices)
    return _known((await transaction.execute(taken)).mappings().one())


async def _keep(
    transaction: Transaction, link_id: LinkId | None, key: PriceKey, known: KnownPrice, now: datetime
) -> None:
    values = {"credits": known.credits, "is_set": known.is_set, "odd": known.odd, "odd_in_a_row": known.odd_in_a_row}
    await transaction.execute(update(prices).where(*_is(link_id, key)).values(**values, at=now))


async def _note_change(transaction: Transaction, change: PriceChange) -> None:
    row = {
        "payer": _payer(change.link_id),
        "model": change.key.model_id,
        "duration": change.key.duration,
        "audio": change.key.audio,
        "before": change.before,
        "credits": change.credits,
        "actor": change.actor,
        "at": change.at,
    }
    await transaction.execute(insert(price_changes), row)


async def _tell_guild(transaction: Transaction, guild_id: GuildId, change: PriceChange) -> None:
    details: Details = {
        "model": change.key.model_id,
        "seconds": change.key.duration,
        "sound": change.key.audio,
        "before": change.before,
        "after": change.credits,
    }
    action = AuditAction.PRICE_FORGOTTEN if change.credits is None else AuditAction.PRICE_SET
    await write_action(transaction, guild_id, actor=change.actor, action=action, details=details, at=change.at)


def _payer(link_id: LinkId | None) -> int:
    return OPERATOR_PAYS if link_id is None else link_id


def _is(link_id: LinkId | None, key: PriceKey) -> tuple[ColumnElement[bool], ...]:
    return (
        prices.c.payer == _payer(link_id),
        prices.c.model == key.model_id,
        prices.c.duration == key.duration,
        prices.c.audio.is_(key.audio),
    )


def _key(row: RowMapping) -> PriceKey:
    return PriceKey(row["model"], row["duration"], row["audio"])


def _known(row: RowMapping) -> KnownPrice:
    return KnownPrice(row["credits"], row["is_set"], row["odd"], row["odd_in_a_row"])


def _entry(row: RowMapping) -> PriceEntry:
    return PriceEntry(row["guild_id"], _key(row), _known(row), row["at"])


def _change(row: RowMapping) -> PriceChange:
    link_id = None if row["payer"] == OPERATOR_PAYS else LinkId(row["payer"])
    facts: dict[str, Any] = {name: row[name] for name in ("before", "credits", "actor", "at")}
    return PriceChange(row["guild_id"], link_id, _key(row), **facts)
