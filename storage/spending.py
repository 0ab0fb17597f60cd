"""The switch that stops all spending: one row per turn, so that it survives restarts and shows who turned it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, func, insert, not_, select

from bot.clock import Clock
from bot.domain.actor import Actor
from bot.domain.job import JobState
from bot.domain.spending import SpendingChange, SpendingStatus
from bot.errors import SpendingStopped
from storage.database.engine import Database
from storage.database.transactions import Transaction
from storage.tables import jobs, spending_switch

SWITCH_LOCK = 0x5350454E44  # "SPEND"
"""Held exclusively by whoever turns the switch, and shared by every transaction that depends on it.

So once a turn has returned, nothing that began under the old setting can still be committed.
"""

_UNDER_WAY = (JobState.SUBMITTING, JobState.UNCONFIRMED, JobState.PROCESSING, JobState.DELIVERING)
_NEWEST_FIRST = select(spending_switch).order_by(spending_switch.c.id.desc())


class SpendingSwitch:
    """Fits `bot.services.ports.Spending`."""

    def __init__(self, *, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def stop(self, *, actor: Actor, reason: str) -> SpendingStatus:
        """See the port."""
        return await self._turn(SpendingChange(True, actor, reason, self._clock.now()))

    async def start(self, *, actor: Actor, reason: str) -> SpendingStatus:
        """See the port."""
        return await self._turn(SpendingChange(False, actor, reason, self._clock.now()))

    async def status(self) -> SpendingStatus:
        """See the port."""
        async with self._database.reader() as transaction:
            return await _status(transaction)

    async def is_stopped(self) -> bool:
        """See the port."""
        async with self._database.reader() as transaction:
            return _is_stopped(await _newest(transaction))

    async def changes(self, limit: int = 100) -> Sequence[SpendingChange]:
        """Who turned the switch and why, newest first."""
        async with self._database.reader() as transaction:
            rows = await transaction.execute(_NEWEST_FIRST.limit(limit))
            return [SpendingChange(row.is_stopped, row.actor, row.reason, row.at) for row in rows]

    async def _turn(self, change: SpendingChange) -> SpendingStatus:
        row = {"is_stopped": change.is_stopped, "actor": change.actor, "reason": change.reason, "at": change.at}
        async with self._database.writer() as transaction:
            await transaction.lock(SWITCH_LOCK, shared=False)
            await transaction.execute(insert(spending_switch), row)
            return await _status(transaction)


async def require_spending(transaction: Transaction) -> None:
    """Check that spending is not stopped, before this transaction adds a job; call it before anything else.

    Raises `SpendingStopped`.
    """
    await transaction.lock(SWITCH_LOCK, shared=True)
    if _is_stopped(await _newest(transaction)):
        raise SpendingStopped


async def spending_allowed(transaction: Transaction) -> ColumnElement[bool]:
    """The condition of a statement that must not act while spending is stopped; call it before anything else."""
    await transaction.lock(SWITCH_LOCK, shared=True)
    newest = select(spending_switch.c.is_stopped).order_by(spending_switch.c.id.desc()).limit(1)
    return not_(func.coalesce(newest.scalar_subquery(), False))


async def _newest(transaction: Transaction) -> SpendingChange | None:
    row = (await transaction.execute(_NEWEST_FIRST.limit(1))).one_or_none()
    return None if row is None else SpendingChange(row.is_stopped, row.actor, row.reason, row.at)


def _is_stopped(newest: SpendingChange | None) -> bool:
    return newest is not None and newest.is_stopped


async def _status(transaction: Transaction) -> SpendingStatus:
    counting = select(jobs.c.state, func.count().label("number")).group_by(jobs.c.state)
    open_ones = counting.where(jobs.c.state.in_((JobState.QUEUED, *_UNDER_WAY)))
    counts = {JobState(row.state): int(row.number) for row in await transaction.execute(open_ones)}
    return SpendingStatus(
        change=await _newest(transaction),
        waiting=counts.get(JobState.QUEUED, 0),
        under_way=sum(counts.get(state, 0) for state in _UNDER_WAY),
        submitting=counts.get(JobState.SUBMITTING, 0),
    )
