"""At start: what a process that died in the middle left behind.

Every state but one goes on by itself, since the loops take their jobs from the database. An order that was being sent
may or may not have reached PowerPost, so it is never sent again: the job becomes unconfirmed.
"""

from __future__ import annotations

import logging

from bot.domain.job import JobState
from bot.services.ports import Jobs

_log = logging.getLogger(__name__)


async def recover(jobs: Jobs) -> int:
    """Mark the orders of unknown outcome; returns how many there were.

    Raises `StorageError`.
    """
    interrupted = await jobs.in_states(JobState.SUBMITTING)
    for job in interrupted:
        await jobs.move(job.id, JobState.SUBMITTING, JobState.UNCONFIRMED)
        _log.warning("An order was interrupted and is unconfirmed", extra={"action": "recover", "job": job.id})
    return len(interrupted)
