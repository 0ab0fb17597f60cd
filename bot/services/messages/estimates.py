"""About when a video will be ready, from how long such videos took before: never a made-up progress bar."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Protocol

from bot.clock import Clock
from bot.domain.job import Job
from bot.domain.pricing import PriceKey, price_key

REFRESH_EVERY = timedelta(minutes=2)
USUAL_TIME = timedelta(minutes=2)
"""Until there is experience; PowerPost's videos typically take one to three minutes."""


class History(Protocol):
    """What is known about earlier jobs."""

    async def usual_times(self) -> Mapping[PriceKey, timedelta]:
        """The median time from order to delivery of each combination's latest jobs."""


class Estimates:
    """Holds the usual times in memory, refreshed now and then."""

    def __init__(self, *, history: History, clock: Clock) -> None:
        self._history = history
        self._clock = clock
        self._usual: Mapping[PriceKey, timedelta] = {}

    async def run(self) -> None:
        while True:
            self._usual = await self._history.usual_times()
            await self._clock.sleep(REFRESH_EVERY)

    def ready_at(self, job: Job) -> datetime | None:
        """Roughly when, or None once the job has taken longer than usual: then nobody can tell."""
        if job.submitted_at is None:
            return None
        ready = job.submitted_at + self._usual.get(price_key(job.spec), USUAL_TIME)
        return ready if ready > self._clock.now() else None
