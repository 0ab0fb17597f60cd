"""The balance of the operator's PowerPost account over time, and every order that may have changed it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import delete, func, insert, or_, select

from bot.domain.charges import LOST_REFUNDED_WITHIN
from bot.domain.evidence import Observation
from bot.domain.job import OPEN_STATES, Job
from storage.database.engine import Database
from storage.job_rows import job_of
from storage.tables import account_observations, jobs

KEPT = 2000


class AccountObservations:
    """Fits `bot.services.ports.Observations`."""

    def __init__(self, *, database: Database) -> None:
        self._database = database

    async def remember(self, observations: Iterable[Observation]) -> None:
        """See the port. Only the newest `KEPT` stay."""
        newest = func.coalesce(select(func.max(account_observations.c.id)).scalar_subquery(), 0)
        async with self._database.writer() as transaction:
            for observation in observations:
                await transaction.execute(insert(account_observations), asdict(observation))
            await transaction.execute(delete(account_observations).where(account_observations.c.id <= newest - KEPT))

    async def all(self) -> Sequence[Observation]:
        """See the port."""
        columns = [account_observations.c[name] for name in Observation.__slots__]
        query = select(*columns).order_by(account_observations.c.id)
        async with self._database.reader() as transaction:
            return [Observation(**row) for row in (await transaction.execute(query)).mappings()]

    async def orders_since(self, moment: datetime) -> Sequence[Job]:
        """See the port."""
        can_still = or_(jobs.c.state_at >= moment - LOST_REFUNDED_WITHIN, jobs.c.state.in_(OPEN_STATES))
        query = select(jobs).where(jobs.c.link_id.is_(None), jobs.c.ordered_at.is_not(None), can_still)
        async with self._database.reader() as transaction:
            return [job_of(row) for row in (await transaction.execute(query)).mappings()]
