"""At start: deals with what a process that died midway left behind.

Every state but one simply continues, since the loops take their jobs from the database. An order that was being sent
may or may not have reached PowerPost, so it is never sent again: unless the file of outcomes has its outcome, the job
becomes unconfirmed.
"""

from __future__ import annotations

import logging

from bot.domain.job import JobState
from bot.services.jobs.outcomes import Outcomes
from bot.services.ports import Jobs

_log = logging.getLogger(__name__)


async def recover(jobs: Jobs, outcomes: Outcomes) -> int:
    """Attach the known outcomes, and mark the other orders unconfirmed; returns how many those were.

    Raises `StorageError`.
    """
    await outcomes.recover()
    marked = 0
    for job in await jobs.in_states(JobState.SUBMITTING):
        if await jobs.move(job.id, JobState.SUBMITTING, JobState.UNCONFIRMED) is not None:
            marked += 1
            _log.warning("An order was interrupted and is unconfirmed", extra={"action": "recover", "job": job.id})
    return marked
