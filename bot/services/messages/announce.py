"""Makes every message catch up with its job: whenever the two differ, after a move or a restart, it is edited.

Finished videos are `deliver.py`'s part.
"""

from __future__ import annotations

from datetime import timedelta

from bot.clock import Clock
from bot.domain.identifiers import JobId
from bot.domain.job import Face, JobChanges, JobState
from bot.services.alerts import Alerts
from bot.services.loops.retries import Retries
from bot.services.loops.task_pool import Crew
from bot.services.loops.wakeup import Bell
from bot.services.messages.present import Presenter, Shown
from bot.services.ports import Jobs

LOOK_EVERY = timedelta(seconds=5)
AT_ONCE = 4


class Announcer:
    """One loop over the jobs whose message shows something else than it should."""

    def __init__(self, *, jobs: Jobs, presenter: Presenter, alerts: Alerts, clock: Clock, bell: Bell) -> None:
        self._jobs = jobs
        self._presenter = presenter
        self._clock = clock
        self._bell = bell
        retries = Retries[JobId](clock, alerts=alerts, first=timedelta(seconds=2), longest=timedelta(minutes=1))
        self.crew = Crew[JobId](AT_ONCE, bell=bell, retries=retries)

    async def run(self) -> None:
        while True:
            await self.step()
            await self._bell.wait(LOOK_EVERY)

    async def step(self) -> None:
        """Begin bringing messages up to date, as many as there is room for."""
        unshown = await self._jobs.unshown(self._clock.now())
        for job in sorted(unshown, key=lambda job: self.crew.failures(job.id)):
            if not self.crew.has_room:
                return
            if self.crew.is_free(job.id) and not self._presenter.is_answer_pending(job):
                self.crew.start(job.id, self._announce(job.id))

    async def _announce(self, job_id: JobId) -> None:
        async with self._presenter.lock(job_id):
            job = await self._jobs.get(job_id)
            if job is None or job.state in (JobState.DELIVERING, JobState.COMPLETED):
                return
            face = job.face(self._clock.now())
            shown = await self._presenter.present(job)
            await self._jobs.note(job_id, **_changes(face, shown))


def _changes(face: Face, shown: Shown) -> JobChanges:
    changes = JobChanges(shown=face)
    if shown.message_id is not None and shown.channel_id is not None:
        changes |= JobChanges(channel_id=shown.channel_id, message_id=shown.message_id, is_direct=shown.is_direct)
    return changes
