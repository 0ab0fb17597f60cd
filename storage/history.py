"""What earlier jobs say about later ones, and how many jobs there are in each state."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from statistics import median_low

from sqlalchemy import func, select

from bot.domain.job import JobState
from bot.domain.pricing import PriceKey
from storage.database.engine import Database
from storage.tables import jobs

LATEST = 200
"""How many completed jobs are considered: enough for every combination in use, few enough for one quick query."""


class JobHistory:
    """Fits `bot.services.messages.estimates.History`. Its methods raise `StorageError`."""

    def __init__(self, *, database: Database) -> None:
        self._database = database

    async def usual_times(self) -> Mapping[PriceKey, timedelta]:
        """See the port. Looks back at the latest `LATEST` completed jobs."""
        latest = (
            select(jobs.c.model, jobs.c.duration, jobs.c.audio, jobs.c.submitted_at, jobs.c.state_at)
            .where(jobs.c.state == JobState.COMPLETED, jobs.c.submitted_at.is_not(None))
            .order_by(jobs.c.created_at.desc())
            .limit(LATEST)
        )
        times: dict[PriceKey, list[timedelta]] = {}
        async with self._database.reader() as transaction:
            for row in await transaction.execute(latest):
                key = PriceKey(row.model, row.duration, row.audio)
                times.setdefault(key, []).append(row.state_at - row.submitted_at)
        return {key: median_low(taken) for key, taken in times.items()}

    async def counts(self) -> Mapping[JobState, int]:
        """How many jobs are in each state; states without any are missing."""
        counting = select(jobs.c.state, func.count().label("number")).group_by(jobs.c.state)
        async with self._database.reader() as transaction:
            return {JobState(row.state): row.number for row in await transaction.execute(counting)}
