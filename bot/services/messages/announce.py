"""Keeps every message up to date with its job: whenever the two differ, after a move or a restart, it is edited.

`deliver.py` does the finished videos.
"""

from __future__ import annotations

from datetime import timedelta

from bot.clock import Clock
from bot.domain.identifiers import JobId
from bot.domain.job import JobChanges, JobState, MessageState
from bot.services.alerts import Alerts
from bot.services.loops.retries import Retries
from bot.services.loops.task_pool import TaskPool
from bot.services.loops.wakeup import Wakeup
from bot.services.messages.present import Presenter, Shown
from bot.services.ports import Jobs

LOOK_EVERY = timedelta(seconds=5)
AT_ONCE = 4


class Announcer:
    """One loop over the jobs whose message is out of date."""

    def __init__(self, *, jobs: Jobs, presenter: Presenter, alerts: Alerts, clock: Clock, wakeup: Wakeup) -> None:
        self._jobs = jobs
        self._presenter = presenter
        self._clock = clock
        self._wakeup = wakeup
        retries = Retries[JobId](clock, alerts=alerts, first=timedelta(seconds=2), longest=timedelta(minutes=1))
        self.task_pool = TaskPool[JobId](AT_ONCE, wakeup=wakeup, retries=retries)

    async def run(self) -> None:
        while True:
            await self.step()
            await self._wakeup.wait(LOOK_EVERY)

    async def step(self) -> None:
        """Start updating messages, as many as there is room for."""
        unshown = await self._jobs.unshown(self._clock.now())
        for job in sorted(unshown, key=lambda job: self.task_pool.failures(job.id)):
            if not self.task_pool.has_room:
                return
            if self.task_pool.is_free(job.id) and not self._presenter.is_answer_pending(job):
                self.task_pool.start(job.id, self._announce(job.id))

    async def _announce(self, job_id: JobId) -> None:
        async with self._presenter.lock(job_id):
            job = await self._jobs.get(job_id)
            if job is None or job.state in (JobState.DELIVERING, JobState.COMPLETED):
                return
            message_state = job.message_state(self._clock.now())
            shown = await self._presenter.present(job)
            await self._jobs.note(job_id, **_changes(message_state, shown))


def _changes(message_state: MessageState, shown: Shown) -> JobChanges:
    changes = JobChanges(shown=message_state)
    if shown.message_id is not None and shown.channel_id is not None:
        changes |= JobChanges(channel_id=shown.channel_id, message_id=shown.message_id, is_direct=shown.is_direct)
    return changes
