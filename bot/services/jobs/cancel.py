"""Cancelling a request that has not been ordered yet: its credits are freed in the same transaction."""

from __future__ import annotations

import logging

from bot.domain.identifiers import JobId
from bot.domain.job import Job, JobState
from bot.services.loops.wakeup import Wakeup
from bot.services.ports import Jobs

_log = logging.getLogger(__name__)


class Cancel:
    """One guarded move; `moved` is woken so that the job's message soon shows it."""

    def __init__(self, *, jobs: Jobs, moved: tuple[Wakeup, ...] = ()) -> None:
        self._jobs = jobs
        self._moved = moved

    async def cancel(self, job_id: JobId) -> Job | None:
        """The cancelled job; None, with nothing changed, when it was no longer queued, or never existed.

        The caller checks who may cancel. Raises `StorageError`.
        """
        cancelled = await self._jobs.move(job_id, JobState.QUEUED, JobState.CANCELLED)
        if cancelled is not None:
            _log.info("Job cancelled", extra={"action": "cancel", "job": job_id})
            for wakeup in self._moved:
                wakeup.wake()
        return cancelled
