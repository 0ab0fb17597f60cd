"""Makes every message catch up with its job: whenever the two differ, after a move or a restart, it is edited.

Finished videos are `deliver.py`'s part.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from bot.clock import Clock
from bot.domain.identifiers import JobId
from bot.domain.job import Face, Job, JobChanges, JobState
from bot.errors import DiscordUnavailable
from bot.services.backoff import Backoff
from bot.services.bell import Bell
from bot.services.crew import Crew
from bot.services.ports import Jobs
from bot.services.show import Presenter, Shown, is_answer_pending

_log = logging.getLogger(__name__)

LOOK_EVERY = timedelta(seconds=5)
AT_ONCE = 4


class Announcer:
    """One loop over the jobs whose message shows something else than it should."""

    def __init__(self, *, jobs: Jobs, presenter: Presenter, clock: Clock, bell: Bell) -> None:
        self._jobs = jobs
        self._presenter = presenter
        self._clock = clock
        self._bell = bell
        self._backoff = Backoff[JobId](clock, first=timedelta(seconds=2), longest=timedelta(minutes=1))
        self.crew = Crew[JobId](AT_ONCE, bell=bell)

    async def run(self) -> None:
        while True:
            await self.step()
            await self._bell.wait(LOOK_EVERY)

    async def step(self) -> None:
        """Begin bringing messages up to date, as many as there is room for."""
        now = self._clock.now()
        for job in await self._jobs.unshown(now):
            if not self.crew.has_room:
                return
            if self._is_due(job, now):
                self.crew.start(job.id, self._announce(job.id))

    def _is_due(self, job: Job, now: datetime) -> bool:
        busy = self.crew.is_busy(job.id) or is_answer_pending(job, now)
        return not busy and self._backoff.is_due(job.id)

    async def _announce(self, job_id: JobId) -> None:
        async with self._presenter.lock(job_id):
            job = await self._jobs.get(job_id)
            if job is None or job.state in (JobState.DELIVERING, JobState.COMPLETED):
                return
            face = job.face(self._clock.now())
            try:
                shown = await self._presenter.present(job)
            except DiscordUnavailable:
                pause = self._backoff.failed(job_id)
                _log.warning(
                    "Discord could not show a job, trying again",
                    extra={"action": "announce_later", "job": job_id, "seconds": pause.total_seconds()},
                )
                return
            self._backoff.succeeded(job_id)
            await self._jobs.note(job_id, **_changes(face, shown))


def _changes(face: Face, shown: Shown) -> JobChanges:
    changes = JobChanges(shown=face)
    if shown.message_id is not None and shown.channel_id is not None:
        changes |= JobChanges(channel_id=shown.channel_id, message_id=shown.message_id, is_direct=shown.is_direct)
    return changes
